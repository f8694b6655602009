/** Makes small tables in MaxMind's DB format 2.0, for the tests: IPv4 prefixes, records of 24 bits. */

export interface Row {
  /** `198.51.100.0/24` */
  readonly prefix: string;
  readonly record: Readonly<Record<string, string | number>>;
}

type Node = [Node | Row | undefined, Node | Row | undefined];

export function mmdbOf(rows: readonly Row[]): Buffer {
  const root = treeOf(rows);
  const nodes = nodesUnder(root);
  const { data, offsets } = dataOf(rows);
  const numberOf = (child: Node | Row | undefined) => {
    if (child === undefined) return nodes.length;
    return Array.isArray(child) ? nodes.indexOf(child) : nodes.length + 16 + (offsets.get(child) ?? 0);
  };
  const tree = Buffer.concat(
    nodes.map(([left, right]) => Buffer.concat([uint24(numberOf(left)), uint24(numberOf(right))])),
  );
  return Buffer.concat([tree, Buffer.alloc(16), data, metadataOf(nodes.length)]);
}

function treeOf(rows: readonly Row[]): Node {
  const root: Node = [undefined, undefined];
  for (const row of rows) {
    const [address = "", length = ""] = row.prefix.split("/");
    const bits = address.split(".").flatMap((part) => [...Number(part).toString(2).padStart(8, "0")].map(Number));
    // IPv4 lives under 96 zeros of a tree of IPv6.
    const path = [...Array<number>(96).fill(0), ...bits].slice(0, 96 + Number(length));
    let node = root;
    for (const bit of path.slice(0, -1)) {
      const next = node[bit];
      const child: Node = Array.isArray(next) ? next : [undefined, undefined];
      node[bit] = child;
      node = child;
    }
    node[path.at(-1) ?? 0] = row;
  }
  return root;
}

function nodesUnder(root: Node): Node[] {
  const nodes = [root];
  for (let at = 0; at < nodes.length; at += 1) {
    for (const child of nodes[at] ?? []) if (Array.isArray(child)) nodes.push(child);
  }
  return nodes;
}

function dataOf(rows: readonly Row[]): { data: Buffer; offsets: Map<Row, number> } {
  const offsets = new Map<Row, number>();
  const parts: Buffer[] = [];
  let length = 0;
  for (const row of rows) {
    const bytes = mapOf(row.record);
    offsets.set(row, length);
    parts.push(bytes);
    length += bytes.length;
  }
  return { data: Buffer.concat(parts), offsets };
}

function metadataOf(nodeCount: number): Buffer {
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);
  const languages = Buffer.concat([text("languages"), Buffer.from([0x00, 0x04])]);
  const description = Buffer.concat([text("description"), mapOf({})]);
  const fields = {
    node_count: nodeCount,
    record_size: 24,
    ip_version: 6,
    database_type: "test",
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_750_000_000,
  };
  const all = Object.entries(fields).flatMap(([name, value]) => [text(name), fieldBytes(value)]);
  const map = Buffer.from([0xe0 | (Object.keys(fields).length + 2)]);
  return Buffer.concat([marker, map, ...all, languages, description]);
}

function mapOf(record: Row["record"]): Buffer {
  const entries = Object.entries(record).flatMap(([name, value]) => [text(name), fieldBytes(value)]);
  return Buffer.concat([Buffer.from([0xe0 | Object.keys(record).length]), ...entries]);
}

function fieldBytes(value: string | number): Buffer {
  if (typeof value === "string") return text(value);
  const bytes = Buffer.alloc(5, 0xc4);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

function text(value: string): Buffer {
  if (value.length < 29) return Buffer.concat([Buffer.from([0x40 | value.length]), Buffer.from(value)]);
  return Buffer.concat([Buffer.from([0x40 | 29, value.length - 29]), Buffer.from(value)]);
}

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes;
}
