import { ManyTexts } from './manyTexts.ts';
import { writtenForms } from './secretForms.ts';

/** Longest form that may lie across two pieces of a file. */
const overlap = 8192;

/**
 * The last look at what was written: reads a file piece by piece, as it will be handed over, and says whether a known
 * secret stands in it in any form. It knows nothing of redaction, so a mistake there does not blind it.
 */
export class LeakGate {
  readonly #texts: ManyTexts;
  #rest = '';

  /** @param excused text that every bundle holds: a secret that stands in it cannot be told from it and is not looked for */
  constructor(secrets: readonly string[], excused: string) {
    const forms = secrets.flatMap((secret) => writtenForms(secret));
    this.#texts = new ManyTexts(forms.filter((form) => form.length <= overlap && !excused.includes(form)));
  }

  /** A new file begins: what came before does not belong to it. */
  begin(): void {
    this.#rest = '';
  }

  /** The next piece of the file, one character per byte. @returns whether a secret was found */
  leaks(piece: string): boolean {
    const text = this.#rest + piece;
    this.#rest = text.length > overlap ? text.slice(text.length - overlap) : text;
    return this.#texts.find(text) !== undefined;
  }
}
