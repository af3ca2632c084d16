import { JsonNode } from "../json-node.ts";

/** The value of a key whose case does not matter, as for Go. */
export function memberOf(node: JsonNode, key: string): JsonNode {
  const names = node.entries().map(([name]) => name);
  return node.at(names.findLast((name) => name.toLowerCase() === key.toLowerCase()) ?? key);
}

/** A whole number; 0 when there is none. Throws for another. */
export function wholeNumberOf(node: JsonNode, key: string): number {
  const value = memberOf(node, key);
  const number = value.number();
  return Number.isInteger(number) ? number : value.fail("a whole number");
}

/** What is made of a node's JSON; undefined when it is none, or says something else: then it is no member. */
export function parseMember<Member>(data: Buffer, read: (node: JsonNode) => Member): Member | undefined {
  try {
    return read(new JsonNode(JSON.parse(data.toString("utf8")), "node"));
  } catch {
    return undefined;
  }
}
