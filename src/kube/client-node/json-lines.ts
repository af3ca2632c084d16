/** Splits a byte stream into lines and decodes each as JSON. What follows the last line break is not complete. */
export async function* jsonLines<T>(chunks: AsyncIterable<Buffer>): AsyncGenerator<T, void, undefined> {
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      const line = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      parts = [];
      start = end + 1;
      if (line.length > 0) yield JSON.parse(line.toString()) as T;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
}
