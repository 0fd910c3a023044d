import type { ThemeName } from '../../test/support/host/vscodeHost.ts';
import type { Workbench } from '../../test/support/host/workbench.ts';

export interface Picture {
  /** File name in docs/images; themes other than dark add theirs. */
  readonly name: string;
  readonly themes: readonly ThemeName[];
  readonly size?: { readonly width: number; readonly height: number };
  /** Brings what is to be seen onto the screen; runs again for each theme in the same window. */
  readonly steps: (workbench: Workbench) => Promise<void>;
}

const ALL_THEMES: readonly ThemeName[] = ['dark', 'light', 'contrast', 'contrastLight'];

export const pictures: readonly Picture[] = [
  {
    name: 'connections',
    themes: ALL_THEMES,
    async steps(workbench) {
      await workbench.openContainer('Cachify');
      await workbench.row('Connections', 'Shop dev').waitFor();
    },
  },
];
