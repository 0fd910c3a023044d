/** Fills that differ by shape, for those who cannot tell the colours apart. */

export type FillPattern = 'plain' | 'stripes' | 'dots';

const TILE = 8;

/** A repeating tile in CSS pixels of the canvas; `null` where the browser gives no canvas. */
function tile(context: CanvasRenderingContext2D, draw: (tile: CanvasRenderingContext2D) => void): CanvasPattern | null {
  const ratio = devicePixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.round(TILE * ratio);
  const small = canvas.getContext('2d');
  if (small === null) return null;
  small.scale(canvas.width / TILE, canvas.height / TILE);
  draw(small);
  return context.createPattern(canvas, 'repeat');
}

/** Diagonal lines from lower left to upper right. */
export function hatch(context: CanvasRenderingContext2D, color: string): CanvasPattern | string {
  const pattern = tile(context, (small) => {
    small.strokeStyle = color;
    small.lineWidth = 1;
    small.beginPath();
    for (const shift of [-TILE, 0, TILE]) {
      small.moveTo(shift - 1, TILE + 1);
      small.lineTo(shift + TILE + 1, -1);
    }
    small.stroke();
  });
  return pattern ?? color;
}

export function patternFill(
  context: CanvasRenderingContext2D,
  pattern: FillPattern,
  color: string,
  paper: string,
): CanvasPattern | string {
  if (pattern === 'plain') return color;
  const made = tile(context, (small) => {
    small.fillStyle = color;
    small.fillRect(0, 0, TILE, TILE);
    small.fillStyle = small.strokeStyle = paper;
    if (pattern === 'dots') {
      for (const [x, y] of [
        [2, 2],
        [6, 6],
      ] as const) {
        small.beginPath();
        small.arc(x, y, 1.2, 0, 2 * Math.PI);
        small.fill();
      }
      return;
    }
    small.lineWidth = 1.5;
    small.beginPath();
    for (const shift of [-TILE, 0, TILE]) {
      small.moveTo(shift - 1, -1);
      small.lineTo(shift + TILE + 1, TILE + 1);
    }
    small.stroke();
  });
  return made ?? color;
}
