import type { Random } from './random.ts';

const MATERIALS = ['Oak', 'Linen', 'Copper', 'Wool', 'Ceramic', 'Leather', 'Bamboo', 'Steel', 'Cork', 'Cotton'];
const THINGS = [
  'lamp',
  'chair',
  'kettle',
  'rug',
  'mug',
  'backpack',
  'shelf',
  'blanket',
  'desk',
  'apron',
  'clock',
  'vase',
];
const CATEGORIES = ['kitchen', 'living', 'office', 'outdoor', 'travel', 'kids'];
const COUNTRIES = ['DE', 'FR', 'NL', 'SE', 'PT', 'US', 'JP', 'BR'];
const PATHS = [
  '/',
  '/new',
  '/sale',
  '/kitchen',
  '/office',
  '/outdoor',
  '/about',
  '/shipping',
  '/search?q=lamp',
  '/search?q=<b>mug</b>',
];

export const TAGS = [
  'new',
  'sale',
  'handmade',
  'fragile',
  'bulky',
  'gift',
  'organic',
  'last-chance',
  'bestseller',
  'refurbished',
];
export const QUEUES = ['emails', 'thumbnails', 'invoices', 'search-index'];

export function sku(index: number): string {
  return `SKU-${String(10_000 + index)}`;
}

export function product(random: Random, index: number): Record<string, string> {
  return {
    sku: sku(index),
    name: `${random.pick(MATERIALS)} ${random.pick(THINGS)}`,
    price: (random.int(490, 24_900) / 100).toFixed(2),
    currency: 'EUR',
    stock: String(random.int(0, 400)),
    category: random.pick(CATEGORIES),
    rating: (random.int(28, 50) / 10).toFixed(1),
    updatedAt: new Date(1_790_000_000_000 + random.int(0, 6_000_000_000)).toISOString(),
  };
}

export function session(random: Random, user: number): string {
  return JSON.stringify({
    userId: user,
    country: random.pick(COUNTRIES),
    device: random.pick(['phone', 'desktop', 'tablet']),
    csrf: random.hex(32),
    lastPath: random.pick(PATHS),
    cartId: random.chance(0.4) ? random.int(1, 1500) : null,
  });
}

export function cart(random: Random, products: number): string {
  const lines = Array.from({ length: random.int(1, 5) }, () => ({
    sku: sku(random.int(0, products - 1)),
    quantity: random.int(1, 4),
    price: random.int(490, 24_900) / 100,
  }));
  const total = lines.reduce((sum, line) => sum + line.quantity * line.price, 0);
  return JSON.stringify(
    { currency: 'EUR', coupon: random.chance(0.2) ? 'WELCOME10' : null, lines, total: Number(total.toFixed(2)) },
    undefined,
    2,
  );
}

export function user(random: Random, id: number): Record<string, string> {
  return {
    id: String(id),
    email: `customer${id}@example.com`,
    country: random.pick(COUNTRIES),
    newsletter: random.chance(0.3) ? '1' : '0',
    // Beyond 2^53: every digit has to stay.
    loyaltyId: `90071992547${String(random.int(10_000_000, 99_999_999))}`,
  };
}

export function order(random: Random, products: number): string[] {
  return [
    'order',
    `A-${random.int(100_000, 999_999)}`,
    'user',
    String(random.int(1, 1500)),
    'sku',
    sku(random.int(0, products - 1)),
    'quantity',
    String(random.int(1, 4)),
    'total',
    (random.int(490, 49_900) / 100).toFixed(2),
    'status',
    random.pick(['paid', 'paid', 'paid', 'pending', 'refunded']),
  ];
}

export function job(random: Random): string {
  return JSON.stringify({
    id: random.hex(12),
    attempts: random.int(0, 3),
    orderId: `A-${random.int(100_000, 999_999)}`,
  });
}

export function page(random: Random): { readonly path: string; readonly html: string } {
  const path = `${random.pick(PATHS)}${random.chance(0.7) ? `?page=${random.int(1, 300)}` : ''}`;
  return {
    path,
    html: `<!doctype html><title>Shop ${path.length}</title>${'<p>Lorem ipsum dolor sit amet.</p>'.repeat(random.int(10, 120))}`,
  };
}
