import { describe, expect, it } from "@jest/globals";
import { array, assert, constantFrom, property } from "fast-check";

import { parseXml, type XmlElement, XmlError } from "../../src/discovery/xml.ts";

/** An element in few words. */
function brief({ name, attributes, children, text }: XmlElement): unknown {
  return [name, Object.fromEntries(attributes), text, children.map(brief)];
}

/** What a text is read as, or why it is not. */
function outcomeOf(xml: string): unknown {
  try {
    return parseXml(xml);
  } catch (error) {
    return error;
  }
}

describe("parseXml", () => {
  it.each<{ xml: string; element: unknown }>([
    { xml: "<a/>", element: ["a", {}, "", []] },
    { xml: "<a></a >\n", element: ["a", {}, "", []] },
    { xml: '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<a>x</a>', element: ["a", {}, "x", []] },
    { xml: `<a b="1" c='"2"' />`, element: ["a", { b: "1", c: '"2"' }, "", []] },
    {
      xml: "<a>x<b>y</b>z<c/></a>",
      element: [
        "a",
        {},
        "xz",
        [
          ["b", {}, "y", []],
          ["c", {}, "", []],
        ],
      ],
    },
    { xml: "<ns:a><!-- - <b> --><ü.1/></ns:a>", element: ["a", {}, "", [["ü.1", {}, "", []]]] },
    { xml: "<a>&lt;&amp;&#65;&#x1F600;<![CDATA[<&amp;>]]></a>", element: ["a", {}, "<&A😀<&amp;>", []] },
    { xml: '<a b="&quot;&apos;"/>', element: ["a", { b: `"'` }, "", []] },
  ])("reads $xml", ({ xml, element }) => {
    expect(brief(parseXml(xml))).toEqual(element);
  });

  it("keeps what stands between the tags as it was written", () => {
    expect(parseXml("<a>x &amp; <b c='d'/></a>").innerXml).toBe("x &amp; <b c='d'/>");
  });

  it.each<{ xml: string; says: string }>([
    { xml: "", says: "a document must have one element, and everything in it" },
    { xml: "text", says: "a document must have one element, and everything in it" },
    { xml: "<a/><b/>", says: "a document must have one element, and everything in it" },
    { xml: "<a>", says: "<a> has no end" },
    { xml: "<a>\n<b></a>", says: "line 2: </a> ends what was not begun: <b> is open" },
    { xml: "</a>", says: "line 1: </a> ends what was not begun: nothing is open" },
    { xml: "<a b=1/>", says: 'line 1: no XML from here: "<a b=1/>"' },
    { xml: '<a b="1" b="2"/>', says: "line 1: b is given twice" },
    { xml: "<a>&nbsp;</a>", says: "line 1: &nbsp; stands for nothing that is known" },
    { xml: "<a>a & b</a>", says: "line 1: & stands for nothing that is known" },
    { xml: "<a>&#0;</a>", says: "line 1: &#0; stands for nothing that is known" },
    { xml: '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', says: "line 1: no XML from here" },
    { xml: '<?xml version="1.0" encoding="latin1"?><a/>', says: "line 1: the encoding must be UTF-8" },
    { xml: "<a>".repeat(200), says: "line 1: more than 100 levels" },
  ])("refuses $xml", ({ xml, says }) => {
    expect(() => parseXml(xml)).toThrow(says);
  });

  it("never hangs, and never fails in another way, whatever it is given", () => {
    const part = constantFrom(
      "<",
      ">",
      "/",
      "a",
      " ",
      "=",
      '"',
      "'",
      "&",
      ";",
      "#",
      "!",
      "-",
      "[",
      "]",
      "?",
      "<a>",
      "</a>",
    );
    assert(
      property(array(part, { maxLength: 60 }), (parts) => {
        const outcome = outcomeOf(parts.join(""));
        expect(outcome instanceof Error && !(outcome instanceof XmlError)).toBe(false);
      }),
    );
  });
});
