// The parts of a zip file, as APPNOTE.TXT 6.3.10 of PKWARE lays them out. Everything that could differ from one writing to
// the next (times, versions, attributes) is fixed.

/** 1980-01-01, the first day that the format knows. */
const dosDate = 0x00_21;
/** Deflate, and names in UTF-8. */
const method = 8;
const flags = 0x08_00;
const versionNeeded = 20;
const localMark = 0x04_03_4b_50;
const centralMark = 0x02_01_4b_50;
const endMark = 0x06_05_4b_50;
/** Larger ones would need the 64-bit form. */
export const mostZipBytes = 0xff_ff_ff_fe;

export interface ZipMember {
  readonly path: string;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its local header begins. */
  readonly at: number;
}

export function localHeaderBytes(path: string): number {
  return 30 + Buffer.byteLength(path);
}

export function localHeader(member: ZipMember): Buffer {
  const name = Buffer.from(member.path);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(localMark, 0);
  writeShared(head, 4, member, name);
  return Buffer.concat([head, name]);
}

/** What ends a zip: an entry per member, and where those entries are. */
export function centralDirectory(members: readonly ZipMember[], at: number): Buffer {
  const entries = members.map((member) => {
    const name = Buffer.from(member.path);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(centralMark, 0);
    entry.writeUInt16LE((3 << 8) | versionNeeded, 4); // made on Unix, so that the permissions below count
    writeShared(entry, 6, member, name);
    entry.writeUInt32LE((0o100_644 << 16) >>> 0, 38);
    entry.writeUInt32LE(member.at, 42);
    return Buffer.concat([entry, name]);
  });
  const size = entries.reduce((sum, entry) => sum + entry.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(endMark, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...entries, end]);
}

/** The fields that local and central headers share, from the version on. */
function writeShared(into: Buffer, at: number, member: ZipMember, name: Buffer): void {
  into.writeUInt16LE(versionNeeded, at);
  into.writeUInt16LE(flags, at + 2);
  into.writeUInt16LE(method, at + 4);
  into.writeUInt16LE(0, at + 6);
  into.writeUInt16LE(dosDate, at + 8);
  into.writeUInt32LE(member.crc, at + 10);
  into.writeUInt32LE(member.packedBytes, at + 14);
  into.writeUInt32LE(member.bytes, at + 18);
  into.writeUInt16LE(name.length, at + 22);
}

const endBytes = 22;
const mostMembers = 1000;
const longestName = 255;

/**
 * The members of a zip whose end is given (`tail` are its last bytes, from `tailAt` of the file on); undefined when it is
 * no zip file, or one of a form that bundles never have.
 */
export function readDirectory(
  tail: Buffer,
  tailAt: number,
): { readonly members: ZipMember[]; readonly at: number } | undefined {
  let end = tail.length - endBytes;
  while (end >= 0 && tail.readUInt32LE(end) !== endMark) end -= 1;
  if (end < 0) return undefined;
  const count = tail.readUInt16LE(end + 10);
  const at = tail.readUInt32LE(end + 16);
  const members: ZipMember[] = [];
  let from = at - tailAt;
  if (from < 0 || count > mostMembers) return undefined;
  for (let n = 0; n < count; n++) {
    if (from + 46 > tail.length || tail.readUInt32LE(from) !== centralMark) return undefined;
    const nameBytes = tail.readUInt16LE(from + 28);
    const next = from + 46 + nameBytes + tail.readUInt16LE(from + 30) + tail.readUInt16LE(from + 32);
    if (nameBytes > longestName || next > tail.length) return undefined;
    members.push({
      path: tail.toString('utf8', from + 46, from + 46 + nameBytes),
      crc: tail.readUInt32LE(from + 16),
      packedBytes: tail.readUInt32LE(from + 20),
      bytes: tail.readUInt32LE(from + 24),
      at: tail.readUInt32LE(from + 42),
    });
    from = next;
  }
  return { members, at };
}

/** Where the packed bytes of a member begin, from the first bytes of its local header; undefined when there is none. */
export function packedAt(head: Buffer, member: ZipMember): number | undefined {
  if (head.length < 30 || head.readUInt32LE(0) !== localMark) return undefined;
  return member.at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
}

/** Whether a member is packed in the one way that is read here, and not encrypted. */
export function isPlainDeflate(head: Buffer): boolean {
  return head.readUInt16LE(8) === method && (head.readUInt16LE(6) & 1) === 0;
}
