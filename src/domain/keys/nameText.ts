import { utf8, type Bytes } from '../bytes.ts';
import { display, undisplay } from '../display.ts';

/**
 * The key that a person means by a typed name. What Cachify shows can be typed (`\xff`, `\u{202e}`, `(empty)`);
 * whatever it would show in another way is taken letter by letter.
 */
export function keyFromText(text: string): Bytes {
  const shown = undisplay(text);
  return display(shown) === text ? shown : utf8(text);
}
