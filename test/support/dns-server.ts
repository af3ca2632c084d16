import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** A record that the server has. Names end in a dot. */
export type ServedRecord =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME" | "NS"; readonly name: string }
  | { readonly type: "MX"; readonly name: string }
  | { readonly type: "SRV"; readonly name: string; readonly port: number }
  | { readonly type: "TXT"; readonly text: string };

/** What the server says of a name: its records, a failure, or nothing at all. */
export type Zone = readonly ServedRecord[] | "NXDOMAIN" | "SERVFAIL" | "REFUSED" | "silence";

/** A question as the server got it. */
export interface SeenQuestion {
  readonly transport: "udp" | "tcp";
  readonly name: string;
  readonly type: string;
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, "A"],
  [2, "NS"],
  [5, "CNAME"],
  [15, "MX"],
  [16, "TXT"],
  [28, "AAAA"],
  [33, "SRV"],
]);
const CODES: Readonly<Record<string, number>> = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
/** Answers that are longer are cut on UDP. */
const MAX_UDP_BYTES = 1_232;

/** A DNS server on loopback, by UDP and TCP on one port. https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export class DnsServer {
  readonly questions: SeenQuestion[] = [];
  /** Names without the final dot, in lower case. Others do not exist. */
  readonly zones = new Map<string, Zone>();
  readonly #udp: UdpSocket = createSocket("udp4");
  readonly #tcp: Server = createServer();

  get port(): number {
    return this.#udp.address().port;
  }

  async start(): Promise<this> {
    this.#tcp.on("connection", (socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (data: Buffer) => {
        const answer = this.#answer(data.subarray(2), "tcp");
        if (answer === undefined) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.end(Buffer.concat([length, answer]));
      });
    });
    this.#tcp.listen(0, "127.0.0.1");
    await once(this.#tcp, "listening");
    this.#udp.on("message", (data, { port, address }) => {
      const answer = this.#answer(data, "udp");
      if (answer !== undefined) this.#udp.send(answer, port, address);
    });
    this.#udp.bind((this.#tcp.address() as AddressInfo).port, "127.0.0.1");
    await once(this.#udp, "listening");
    return this;
  }

  async stop(): Promise<void> {
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, "close");
  }

  #answer(query: Buffer, transport: "udp" | "tcp"): Buffer | undefined {
    const { name, type, end } = readQuestion(query);
    this.questions.push({ transport, name, type });
    const zone = this.zones.get(name.toLowerCase()) ?? "NXDOMAIN";
    if (zone === "silence") return undefined;
    const question = query.subarray(12, end);
    const records =
      typeof zone === "string" ? [] : zone.filter((record) => [type, "CNAME", "TXT"].includes(record.type));
    const body = Buffer.concat([question, ...records.map(encodeRecord)]);
    const isCut = transport === "udp" && body.length + 12 > MAX_UDP_BYTES;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (isCut ? 0x0200 : 0) | (typeof zone === "string" ? (CODES[zone] ?? 0) : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(isCut ? 0 : records.length, 6);
    return Buffer.concat([header, isCut ? question : body]);
  }
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: TYPES.get(query.readUInt16BE(at + 1)) ?? "?", end: at + 5 };
}

/** A record of the name that was asked for. */
function encodeRecord(record: ServedRecord): Buffer {
  const data = encodeData(record);
  const type = [...TYPES].find(([, name]) => name === record.type)?.[0] ?? 0;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodeData(record: ServedRecord): Buffer {
  switch (record.type) {
    case "A":
      return Buffer.from(record.address.split(".").map(Number));
    case "AAAA":
      return encodeAddress6(record.address);
    case "CNAME":
    case "NS":
      return encodeName(record.name);
    case "MX":
      return Buffer.concat([numbers(10), encodeName(record.name)]);
    case "SRV":
      return Buffer.concat([numbers(1, 2, record.port), encodeName(record.name)]);
    case "TXT":
      return Buffer.from([record.text.length, ...Buffer.from(record.text)]);
  }
}

function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) buffer.writeUInt16BE(value, i * 2);
  return buffer;
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").filter(Boolean);
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** An IPv6 address that is written in full, or with one `::`. */
function encodeAddress6(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter(Boolean);
  const right = (tail ?? "").split(":").filter(Boolean);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return numbers(...[...left, ...zeros, ...right].map((part) => Number.parseInt(part, 16)));
}
