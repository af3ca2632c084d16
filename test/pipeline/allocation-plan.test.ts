import { describe, expect, it } from "@jest/globals";

import type { ScrapeConfig } from "../../src/allocator/index.ts";
import type { TargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { planAllocation, prepareAllocation, withMonitorJobs } from "../../src/pipeline/allocation-plan.ts";
import { PreparedJobs } from "../../src/pipeline/prepared-jobs.ts";
import { fileOf, type StagedJob } from "../support/pipeline-stage.ts";

const web: StagedJob = { targets: ["web:80"] };
/** Jobs that tell when something is worked out for them. */
class CountedJobs {
  readonly #template = fileOf({ jobs: { web }, settings: { allow_insecure_auth_secrets: true } });
  compiled: string[] = [];
  rendered: string[] = [];

  forget(): void {
    this.compiled = [];
    this.rendered = [];
  }

  /** A file as if just read: all its jobs are objects of their own. */
  file(intervals: ReadonlyMap<string, number>): TargetAllocatorFile {
    const [job] = this.#template.scrapeConfigs?.jobs ?? [];
    if (job === undefined) throw new Error("the template has no job");
    const jobs = [...intervals].map(([name, ms]) =>
      this.#counted({ ...job, jobName: name, scrapeIntervalMs: ms, canonicalKey: `${name} ${String(ms)}` }),
    );
    return { ...this.#template, scrapeConfigs: { jobs, rejected: [] } };
  }

  #counted(job: ScrapeConfig): ScrapeConfig {
    const { jobName, relabelConfigs, settings } = job;
    const told = <T>(list: () => string[], value: T): { get: () => T } => ({
      get: () => {
        list().push(jobName);
        return value;
      },
    });
    return Object.defineProperties(job, {
      relabelConfigs: told(() => this.compiled, relabelConfigs),
      settings: told(() => this.rendered, settings),
    });
  }
}

const broken: StagedJob = { targets: ["web:80"], settings: { scrape_interval: "soon" } };

describe("planAllocation", () => {
  it("takes jobs, strategy and collectors from the file", () => {
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { collector_not_ready_grace_period: "5s" } }));
    expect(plan.definitions.map(({ name, filtering }) => ({ name, filtering }))).toEqual([
      { name: "web", filtering: true },
    ]);
    expect(plan.strategy).toMatchObject({ name: "consistent-hashing", fallback: "" });
    expect(plan.collectors).toEqual({
      kind: "pods",
      namespace: "obs",
      labelSelector: "app=collector",
      notReadyGraceMs: 5_000,
    });
    expect(plan.problems).toEqual([]);
  });

  it("filters only with the strategy relabel-config", () => {
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { filter_strategy: "" } }));
    expect(plan.definitions[0]?.filtering).toBe(false);
  });

  it("renders the jobs with and without their secrets", () => {
    const settings = { basic_auth: { username: "u", password: "open sesame" } };
    const { scrapeConfigs } = planAllocation(fileOf({ jobs: { web: { ...web, settings } } }));
    expect(JSON.parse(scrapeConfigs.masked).web.basic_auth.password).toBe("<secret>");
    expect(scrapeConfigs.masked).not.toContain("open sesame");
    expect(scrapeConfigs.clear).toContain("open sesame");
  });

  it("takes the collectors of a list as they are, without a warning", () => {
    const collectors = [{ name: "a", node_name: "node-1" }];
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { collectors, collector_selector: null } }));
    expect(plan.collectors).toEqual({ kind: "listed", collectors: [{ name: "a", nodeName: "node-1" }] });
    expect(plan.problems).toEqual([]);
  });

  it("warns when every pod is a collector because the selector is missing, and not when it selects everything", () => {
    const withSelector = (selector: unknown) =>
      planAllocation(fileOf({ jobs: { web }, settings: { collector_selector: selector } }));
    expect(withSelector(null).collectors).toMatchObject({ labelSelector: "" });
    expect(withSelector(null).problems).toMatchObject([{ reason: "CollectorSelectorMissing" }]);
    expect(withSelector({}).problems).toEqual([]);
  });

  it("reports a job that is not valid and serves the others", () => {
    const plan = planAllocation(fileOf({ jobs: { web, broken } }));
    expect(plan.jobs.map(({ jobName }) => jobName)).toEqual(["web"]);
    expect(plan.problems).toMatchObject([{ job: "broken", reason: "JobRejected" }]);
    expect(plan.problems[0]?.message).toMatch(/scrape_interval.*soon.*\(it is not served\)$/);
  });

  it("keeps the last good configuration of a job that is not valid any more", () => {
    const first = planAllocation(fileOf({ jobs: { web, other: web } }));
    const second = planAllocation(fileOf({ jobs: { web: broken } }), { previous: first });
    expect(second.jobs).toEqual([first.jobs[0]]);
    expect(second.problems[0]?.message).toMatch(/\(its last good configuration stays in force\)$/);
    expect(second.scrapeConfigs.masked).toContain('"web"');
    expect(planAllocation(fileOf({ jobs: { web } }), { previous: second }).problems).toEqual([]);
  });

  it("refuses a file of which no job is left, with all reasons", () => {
    expect(() => planAllocation(fileOf({ jobs: { broken } }))).toThrow(/no job can be served\n- .*soon/);
  });

  it("needs no job in the file where monitors can bring some", () => {
    const plan = planAllocation(fileOf({ jobs: {}, settings: { prometheus_cr: { enabled: true } } }));
    expect(plan.jobs).toEqual([]);
    expect(plan.monitors?.selection.selectors.Probe).toEqual({
      objects: undefined,
      namespaces: { matchLabels: {}, matchExpressions: [] },
    });
  });

  it("refuses selectors that no API server would take, all of them", () => {
    const settings = {
      prometheus_cr: {
        enabled: true,
        service_monitor_selector: { matchExpressions: [{ key: "team", operator: "In", values: [] }] },
        probe_namespace_selector: { matchLabels: { "no/label/name": "x" } },
      },
    };
    expect(() => planAllocation(fileOf({ jobs: { web }, settings }))).toThrow(
      /service_monitor_selector.matchExpressions\[0\].values: must not be empty with In; .*probe_namespace_selector/,
    );
  });

  it("refuses scrape classes of which two are the default", () => {
    const scrape_classes = ["a", "b"].map((name) => ({ name, default: true }));
    const settings = { prometheus_cr: { enabled: true, scrape_classes } };
    expect(() => planAllocation(fileOf({ jobs: { web }, settings }))).toThrow(
      /^prometheus_cr\.scrape_classes: only one class can be the default, but "a", "b" are/,
    );
  });

  it("gives monitors what the file sets for them", () => {
    const prometheus_cr = {
      enabled: true,
      scrape_interval: "17s",
      secret_namespaces: ["shop"],
      deny_fs_access_through_sms: true,
      allowed_file_paths: ["/etc/ssl/"],
      scrape_protocols: ["PrometheusText0.0.4"],
    };
    const { monitors } = planAllocation(fileOf({ jobs: {}, settings: { prometheus_cr } }), { kubeconfigFile: "/k" });
    expect(monitors).toMatchObject({
      secretNamespaces: ["shop"],
      generation: {
        collectorNamespace: "obs",
        scrapeIntervalMs: 17_000,
        scrapeProtocols: ["PrometheusText0.0.4"],
        denyFileAccess: true,
        allowedFilePaths: ["/etc/ssl/"],
        kubeconfigFile: "/k",
      },
    });
  });

  describe("with jobs of monitors", () => {
    const monitored = planAllocation(
      fileOf({ jobs: { "serviceMonitor/shop/web/0": web, web: broken, own: web } }),
    ).jobs;

    it("serves them beside those of the file, and that of the file where names clash", () => {
      const plan = planAllocation(fileOf({ jobs: { own: { targets: ["own:1"] } } }), { monitorJobs: monitored });
      expect(plan.jobs.map(({ jobName }) => jobName)).toEqual(["own", "serviceMonitor/shop/web/0"]);
      expect(Object.keys(JSON.parse(plan.scrapeConfigs.masked))).toEqual(["own", "serviceMonitor/shop/web/0"]);
      expect(plan.problems).toMatchObject([{ job: "own", reason: "JobRejected" }]);
    });

    it("works out anew only what has changed", () => {
      const prepared = new PreparedJobs();
      const before = planAllocation(fileOf({ jobs: { file: web } }), { monitorJobs: monitored, prepared });
      const after = withMonitorJobs(before, [...monitored], prepared);
      expect(after.definitions.every((definition, index) => definition === before.definitions[index])).toBe(true);
      expect(withMonitorJobs(after, [], prepared).jobs).toEqual(before.fileJobs);
    });
  });

  describe("of a file that was read again", () => {
    const counted = new CountedJobs();
    const intervals = new Map(Array.from({ length: 10_000 }, (_, index) => [`job-${String(index)}`, 30_000]));
    const prepared = new PreparedJobs();
    const before = planAllocation(counted.file(intervals), { prepared });

    it("works out one job when one of ten thousand has changed", () => {
      expect(Object.keys(JSON.parse(before.scrapeConfigs.clear))).toHaveLength(10_000);
      counted.forget();
      const file = counted.file(new Map(intervals).set("job-7", 31_000));
      const plan = planAllocation(file, { previous: before, prepared });
      expect(Object.keys(JSON.parse(plan.scrapeConfigs.clear))).toHaveLength(10_000);
      expect(counted.compiled).toEqual(["job-7"]);
      expect(counted.rendered).toEqual(["job-7"]);
      expect(plan.definitions.filter((job, index) => job !== before.definitions[index])).toHaveLength(1);
    });

    it("works out nothing that was prepared for it", () => {
      const file = counted.file(new Map(intervals).set("job-8", 31_000).set("job-9", 31_000));
      counted.forget();
      const steps = [...prepareAllocation(file, before, prepared)];
      expect(steps).toHaveLength(10_000);
      expect(counted.compiled).toEqual(["job-8", "job-9"]);
      expect(counted.rendered).toEqual(["job-8", "job-9"]);
      counted.forget();
      const { clear } = planAllocation(file, { previous: before, prepared }).scrapeConfigs;
      expect(Object.keys(JSON.parse(clear))).toHaveLength(10_000);
      expect([...counted.compiled, ...counted.rendered]).toEqual([]);
    });

    it("works out nothing of monitors' jobs that were prepared for it, and nothing while it is not known for what", () => {
      const { jobs = [] } = counted.file(new Map([["of-a-monitor", 30_000]])).scrapeConfigs ?? {};
      counted.forget();
      expect([...prepared.prepareAll(jobs, undefined)]).toEqual([]);
      expect([...counted.compiled, ...counted.rendered]).toEqual([]);
      expect([...prepared.prepareAll(jobs, before.uses)]).toHaveLength(1);
      expect([counted.compiled, counted.rendered]).toEqual([["of-a-monitor"], ["of-a-monitor"]]);
      counted.forget();
      const { clear } = withMonitorJobs(before, jobs, prepared).scrapeConfigs;
      expect(Object.keys(JSON.parse(clear))).toHaveLength(10_001);
      expect([...counted.compiled, ...counted.rendered]).toEqual([]);
    });

    it("works out nothing when jobs have only changed places", () => {
      const { clear } = before.scrapeConfigs;
      counted.forget();
      const names = [...intervals].toReversed();
      const plan = planAllocation(counted.file(new Map(names)), { previous: before, prepared });
      expect(plan.scrapeConfigs.clear).toBe(clear);
      expect(plan.jobs.map(({ jobName }) => jobName)).toEqual(names.map(([name]) => name));
      expect([...counted.compiled, ...counted.rendered]).toEqual([]);
    });

    it("takes a job for another one when only a discovery is new that nobody has", () => {
      const unknown = { ...web, settings: { moon_sd_configs: [{}] } };
      const [first] = planAllocation(fileOf({ jobs: { web: unknown } }), {
        previous: planAllocation(fileOf({ jobs: { web } })),
      }).jobs;
      expect(first?.discovery.map(({ mechanism }) => mechanism)).toEqual(["static", "moon"]);
    });
  });

  describe("credentials", () => {
    const settings = { basic_auth: { username: "u", password: "open sesame" } };
    const secret: StagedJob = { ...web, settings };

    it("are a problem of their job where collectors can only read masks", () => {
      const plan = planAllocation(fileOf({ jobs: { web, secret } }));
      expect(plan.problems).toMatchObject([{ job: "secret", reason: "CredentialsWithheld" }]);
    });

    it.each<{ name: string; settings: Readonly<Record<string, unknown>>; job?: StagedJob }>([
      { name: "plain HTTP may show them", settings: { allow_insecure_auth_secrets: true } },
      { name: "collectors can ask over mutual TLS", settings: { https: { enabled: true } } },
      {
        name: "only discovery takes them",
        settings: {},
        job: { settings: { http_sd_configs: [{ url: "http://sd.test/a", ...settings }] } },
      },
    ])("are none where $name", ({ settings: more, job = secret }) => {
      expect(planAllocation(fileOf({ jobs: { web, job }, settings: more })).problems).toEqual([]);
    });
  });

  it("refuses a strategy that does not exist", () => {
    const file = fileOf({ jobs: { web }, settings: { allocation_strategy: "round-robin" } });
    expect(() => planAllocation(file)).toThrow('unregistered strategy "round-robin"');
  });
});
