import { expect, it } from "@jest/globals";

import { carriesCredentials } from "../../../src/allocator/config/carries-credentials.ts";
import { parseScrapeConfigs } from "../../../src/allocator/config/parse-scrape-configs.ts";
import type { DataObject } from "../../../src/allocator/config/scrape-config.ts";

const OAUTH2 = { client_id: "a", token_url: "http://idp" };

it.each<{ name: string; job: DataObject; want: boolean }>([
  { name: "nothing of the kind", job: { static_configs: [{ targets: ["a:1"] }], params: { a: ["b"] } }, want: false },
  { name: "a password", job: { basic_auth: { username: "u", password: "p" } }, want: true },
  { name: "a user name alone", job: { basic_auth: { username: "u" } }, want: false },
  { name: "a password in a file, which is no secret here", job: { basic_auth: { password_file: "/p" } }, want: false },
  { name: "a token", job: { bearer_token: "t" }, want: true },
  { name: "a secret of OAuth 2", job: { oauth2: { ...OAUTH2, client_secret: "s" } }, want: true },
  { name: "OAuth 2 without a secret", job: { oauth2: OAUTH2 }, want: false },
  {
    name: "a password in the address of tokens",
    job: { oauth2: { ...OAUTH2, token_url: "http://u:p@idp" } },
    want: true,
  },
  { name: "a header with a secret", job: { http_headers: { "X-A": { secrets: ["s"] } } }, want: true },
  { name: "a header without one", job: { http_headers: { "X-A": { values: ["v"] } } }, want: false },
  { name: "a password in the proxy", job: { proxy_url: "http://u:p@proxy" }, want: true },
  { name: "a proxy without one", job: { proxy_url: "http://proxy" }, want: false },
  {
    name: "a secret of its discovery, which collectors do not do",
    job: { consul_sd_configs: [{ token: "t" }] },
    want: false,
  },
])("tells whether collectors need a secret of a job: $name", ({ job, want }) => {
  const { jobs, rejected } = parseScrapeConfigs({ scrape_configs: [{ job_name: "j", ...job }] });
  expect(rejected).toEqual([]);
  expect(jobs.map(carriesCredentials)).toEqual([want]);
});
