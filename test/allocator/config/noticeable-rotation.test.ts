import { describe, expect, it } from "@jest/globals";
import {
  type DataObject,
  parseScrapeConfigs,
  renderMember,
  renderNoticeableMember,
  type ScrapeConfig,
} from "../../../src/allocator/index.ts";

function jobOf(settings: DataObject): ScrapeConfig {
  const { jobs } = parseScrapeConfigs({ scrape_configs: [{ job_name: "web", ...settings }] });
  if (jobs[0] === undefined) throw new Error("the job is not valid");
  return jobs[0];
}

const login = (password: string): DataObject => ({ basic_auth: { username: "me", password } });
const rulesOf = (text: string): unknown =>
  (JSON.parse(`{${text}}`) as { readonly web: { readonly relabel_configs?: unknown } }).web.relabel_configs;
const own = { source_labels: ["a"], target_label: "b" };

describe("a job whose rotated secrets collectors are to notice", () => {
  it("ends with a rule that no target meets, and is otherwise the same", () => {
    const text = renderNoticeableMember(jobOf({ ...login("one"), relabel_configs: [own] }));
    expect(rulesOf(text)).toEqual([
      expect.objectContaining(own),
      {
        action: "labeldrop",
        regex: expect.stringMatching(/^__tmp_credentials_[\da-f]{4}$/),
        replacement: "$1",
        separator: ";",
      },
    ]);
    expect(rulesOf(renderNoticeableMember(jobOf(login("one"))))).toHaveLength(1);
  });

  it("has another rule when its secret is another one, and the same for the same", () => {
    const [one, again, two] = ["one", "one", "two"].map((password) =>
      JSON.stringify(rulesOf(renderNoticeableMember(jobOf(login(password))))),
    );
    expect(one).toBe(again);
    expect(one).not.toBe(two);
  });

  it.each<[string, DataObject]>([
    ["nothing secret", {}],
    ["secrets in files", { basic_auth: { username: "me", password_file: "/etc/password" } }],
  ])("is left as it is with %s", (_, settings) => {
    const job = jobOf(settings);
    expect(renderNoticeableMember(job)).toBe(renderMember(job, { secrets: "clear" }));
  });
});
