/** Colours by role. They are read when something is drawn, so that a theme change needs only a redraw. */
export type ChartColor = 'blue' | 'green' | 'orange' | 'purple' | 'red' | 'yellow';

function variable(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

export function chartColor(color: ChartColor): string {
  return variable(`--vscode-charts-${color}`) || textColor();
}

export function textColor(): string {
  return variable('--vscode-foreground') || 'GrayText';
}

export function mutedColor(): string {
  return variable('--vscode-descriptionForeground') || textColor();
}

export function gridColor(): string {
  return isHighContrast()
    ? withAlpha(textColor(), 0.25)
    : withAlpha(variable('--vscode-charts-lines') || textColor(), 0.2);
}

export function gapColor(): string {
  return withAlpha(textColor(), isHighContrast() ? 0.45 : 0.16);
}

export function chartFont(): string {
  return `11px ${variable('--vscode-font-family') || 'sans-serif'}`;
}

function isHighContrast(): boolean {
  return /\bvscode-high-contrast/.test(document.body.className);
}

/** The colour with another opacity, whatever notation the theme uses. */
export function withAlpha(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${Math.round(alpha * 100)}%, transparent)`;
}

/** Calls `changed` when the person picks another theme. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => observer.disconnect();
}
