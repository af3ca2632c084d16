import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { jsonLines } from "../../../src/kube/client-node/json-lines.ts";

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const cut of [...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

async function read(text: string, cuts: readonly number[] = []): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(chunksOf(Buffer.from(text), cuts))) values.push(value);
  return values;
}

describe("lines of JSON", () => {
  it("come out as they went in, however the bytes are cut", async () => {
    const anything = fc.array(fc.record({ text: fc.string({ unit: "grapheme" }), number: fc.integer() }));
    await fc.assert(
      fc.asyncProperty(anything, fc.array(fc.nat(400)), async (values, cuts) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
        expect(await read(text, cuts)).toEqual(values);
      }),
    );
  });

  it.each<{ name: string; text: string; want: unknown[] }>([
    { name: "leave out what has no line break yet", text: '{"a":1}\n{"b"', want: [{ a: 1 }] },
    { name: "may have empty ones among them", text: '\n{"a":1}\n\n', want: [{ a: 1 }] },
    { name: "may be none", text: "", want: [] },
  ])("$name", async ({ text, want }) => {
    await expect(read(text)).resolves.toEqual(want);
  });

  it("that are no JSON are an error", async () => {
    await expect(read("<html>\n")).rejects.toThrow("JSON");
  });
});
