import { JsonNode } from "../json-node.ts";
import { parseXml, type XmlElement, XmlError } from "../xml.ts";

/** An argument of a call. Numbers are whole. */
export type XmlRpcArgument = string | number | readonly XmlRpcArgument[];

/** A call as the body of a request. http://xmlrpc.com/spec.md */
export function encodeCall(method: string, args: readonly XmlRpcArgument[]): string {
  const params = args.map((arg) => `<param>${encode(arg)}</param>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;
}

function encode(arg: XmlRpcArgument): string {
  if (typeof arg === "string") return `<value><string>${escaped(arg)}</string></value>`;
  if (typeof arg === "number") return `<value><int>${String(arg)}</int></value>`;
  return `<value><array><data>${arg.map(encode).join("")}</data></array></value>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * What a method has answered, with structures as mappings. Throws what the server says when it refuses, and
 * XmlError for what is no answer.
 *
 * @param call - What was called, for errors.
 */
export function decodeResponse(text: string, call: string): JsonNode {
  const root = parseXml(text);
  if (root.name !== "methodResponse") throw new XmlError(`its element must be <methodResponse>, not <${root.name}>`);
  const content = only(root);
  if (content.name === "fault") {
    const fault = new JsonNode(decode(only(content)), call);
    throw new Error(`refused: ${fault.text("faultString")} (fault ${String(fault.number("faultCode"))})`);
  }
  return new JsonNode(decode(only(only(content))), call);
}

/** A structure can hold another, as deep as the XML can. */
function decode(value: XmlElement): unknown {
  if (value.name !== "value") throw new XmlError(`<${value.name}> stands where a <value> must be`);
  const [typed] = value.children;
  return typed === undefined ? value.text : decodeTyped(typed);
}

/** Times and bytes stay texts: nothing of them is used. */
function decodeTyped(typed: XmlElement): unknown {
  const { name, text, children } = typed;
  switch (name) {
    case "i4":
    case "i8":
    case "int":
    case "double":
      return Number(text);
    case "boolean":
      return text.trim() === "1";
    case "nil":
      return undefined;
    case "array":
      return only(typed).children.map(decode);
    case "struct":
      return Object.fromEntries(children.map(decodeMember));
    default:
      return text;
  }
}

function decodeMember(member: XmlElement): readonly [string, unknown] {
  const [name, value] = member.children;
  if (name?.name !== "name" || value === undefined) throw new XmlError("a <member> must have a <name> and a <value>");
  return [name.text, decode(value)];
}

function only({ name, children }: XmlElement): XmlElement {
  const [child] = children;
  if (child === undefined) throw new XmlError(`<${name}> is empty`);
  return child;
}
