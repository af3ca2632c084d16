import { describe, expect, it } from "@jest/globals";

import type { LabelSelector } from "../../src/prometheus-cr/label-matcher.ts";
import { Selection, type SelectionSettings } from "../../src/prometheus-cr/selection.ts";
import { EVERYTHING, monitor, selectionOf } from "../support/monitor-selection.ts";

const labelled = (matchLabels: Readonly<Record<string, string>>): LabelSelector => ({
  matchLabels,
  matchExpressions: [],
});
const where = (key: string, operator: string, ...values: string[]): LabelSelector => ({
  matchLabels: {},
  matchExpressions: [{ key, operator, values }],
});

describe("Selection", () => {
  it.each<{
    name: string;
    selector: LabelSelector | undefined;
    labels?: Readonly<Record<string, string>>;
    want: boolean;
  }>([
    { name: "nothing without a selector", selector: undefined, want: false },
    { name: "everything with the empty one", selector: EVERYTHING, want: true },
    { name: "what has the labels", selector: labelled({ team: "red" }), labels: { team: "red", x: "y" }, want: true },
    { name: "not what has another value", selector: labelled({ team: "red" }), labels: { team: "blue" }, want: false },
    { name: "not what lacks the label", selector: labelled({ team: "red" }), want: false },
    { name: "what is In", selector: where("team", "In", "red", "blue"), labels: { team: "blue" }, want: true },
    { name: "not what lacks the label with In", selector: where("team", "In", "red"), want: false },
    { name: "what is NotIn", selector: where("team", "NotIn", "red"), labels: { team: "blue" }, want: true },
    { name: "what lacks the label with NotIn", selector: where("team", "NotIn", "red"), want: true },
    { name: "not what is in NotIn", selector: where("team", "NotIn", "red"), labels: { team: "red" }, want: false },
    { name: "what Exists", selector: where("team", "Exists"), labels: { team: "" }, want: true },
    { name: "what DoesNotExist", selector: where("team", "DoesNotExist"), labels: { x: "y" }, want: true },
    {
      name: "not what exists with DoesNotExist",
      selector: where("team", "DoesNotExist"),
      labels: { team: "" },
      want: false,
    },
  ])("selects $name", ({ selector, labels = {}, want }) => {
    const selection = new Selection(selectionOf({ ServiceMonitor: { objects: selector } }));
    const { selected } = selection.decide("ServiceMonitor", monitor("shop", "web", { labels }), undefined);
    expect(selected).toBe(want);
  });

  it.each<{
    name: string;
    settings: SelectionSettings;
    namespaceLabels?: Readonly<Record<string, string>>;
    want: RegExp;
  }>([
    { name: "its kind", settings: selectionOf({}), want: /^service_monitor_selector is not set, .*\{\} selects all$/ },
    {
      name: "the allowed namespaces",
      settings: selectionOf({ ServiceMonitor: { objects: EVERYTHING } }, { allowNamespaces: ["infra"] }),
      want: /^namespace shop is not among allow_namespaces$/,
    },
    {
      name: "the denied namespaces",
      settings: selectionOf({ ServiceMonitor: { objects: EVERYTHING } }, { denyNamespaces: ["shop"] }),
      want: /^namespace shop is among deny_namespaces$/,
    },
    {
      name: "labels of its namespace",
      settings: selectionOf({ ServiceMonitor: { objects: EVERYTHING, namespaces: labelled({ team: "one" }) } }),
      namespaceLabels: { team: "two" },
      want: /^the labels of its namespace do not match service_monitor_namespace_selector \(team=one\)$/,
    },
    {
      name: "labels of its namespace that nobody knows",
      settings: selectionOf({ ServiceMonitor: { objects: EVERYTHING, namespaces: labelled({ team: "one" }) } }),
      want: /^the labels of its namespace are not known/,
    },
    {
      name: "its own labels",
      settings: selectionOf({ ServiceMonitor: { objects: where("team", "In", "red", "blue") } }),
      want: /^its labels do not match service_monitor_selector \(team in \(red,blue\)\)$/,
    },
  ])("says that a monitor is not selected because of $name", ({ settings, namespaceLabels, want }) => {
    const verdict = new Selection(settings).decide("ServiceMonitor", monitor("shop", "web"), namespaceLabels);
    expect(verdict).toEqual({ selected: false, reason: expect.stringMatching(want) });
  });

  it("says by which selectors a monitor is selected", () => {
    const settings = selectionOf({ ServiceMonitor: { objects: labelled({ team: "red" }) } });
    const verdict = new Selection(settings).decide(
      "ServiceMonitor",
      monitor("shop", "web", { labels: { team: "red" } }),
      undefined,
    );
    expect(verdict).toEqual({
      selected: true,
      reason: "selected by service_monitor_selector (team=red) and service_monitor_namespace_selector (everything)",
    });
  });

  it("needs to know only what decides", () => {
    const few = new Selection(
      selectionOf({ Probe: { objects: EVERYTHING }, PodMonitor: { namespaces: labelled({ team: "one" }) } }),
    );
    expect(few).toMatchObject({
      kinds: ["Probe"],
      namespaces: undefined,
      fieldSelector: undefined,
      readsNamespaces: false,
    });
    const denied = new Selection(selectionOf({}, { denyNamespaces: ["b", "a", "b"] }));
    expect(denied.fieldSelector).toBe("metadata.namespace!=a,metadata.namespace!=b");
    expect(new Selection(selectionOf({}, { allowNamespaces: ["b", "a"] })).namespaces).toEqual(["a", "b"]);
  });

  it.each<{ name: string; selector: LabelSelector; want: string }>([
    {
      name: "an operator",
      selector: where("a", "in"),
      want: 'matchExpressions[0].operator: "in" is none of In, NotIn, Exists, DoesNotExist',
    },
    {
      name: "missing values",
      selector: where("a", "NotIn"),
      want: "matchExpressions[0].values: must not be empty with NotIn",
    },
    {
      name: "values where none belong",
      selector: where("a", "Exists", "b"),
      want: "matchExpressions[0].values: must be empty with Exists",
    },
    { name: "a key", selector: labelled({ "-a": "b" }), want: 'matchLabels: "-a" is no label name' },
    { name: "a prefix", selector: labelled({ "A/b": "c" }), want: 'matchLabels: "A/b" is no label name' },
    { name: "a value", selector: labelled({ a: "b c" }), want: 'matchLabels.a: "b c" is no label value' },
  ])("refuses $name that an API server would not take", ({ selector, want }) => {
    const settings = selectionOf({ ScrapeConfig: { objects: EVERYTHING, namespaces: selector } });
    expect(() => new Selection(settings)).toThrow(`prometheus_cr.scrape_config_namespace_selector.${want}`);
  });
});
