import { hash } from "node:crypto";
import { carriesCredentials } from "./carries-credentials.ts";
import { toJsonText } from "./json-text.ts";
import { renderScrapeConfig } from "./render-scrape-configs.ts";
import type { DataValue, ScrapeConfig } from "./scrape-config.ts";

/**
 * Few enough that they confirm no guessed password: of a million guesses, fifteen fit. One rotation in 65,536 goes
 * unnoticed until the next.
 */
const HEX_DIGITS = 4;

/**
 * A job in clear, as renderMember writes it, so that collectors notice when only a secret of it has changed: they compare
 * configurations with every secret masked. So jobs with credentials end with a rule that drops labels which no target has,
 * named after the secrets.
 */
export function renderNoticeableMember(config: ScrapeConfig): string {
  const rendered = renderScrapeConfig(config, { secrets: "clear" });
  const name = toJsonText(config.jobName);
  if (!carriesCredentials(config)) return `${name}:${toJsonText(rendered)}`;
  const mark = hash("sha256", toJsonText(rendered)).slice(0, HEX_DIGITS);
  const rules = (rendered["relabel_configs"] ?? []) as readonly DataValue[];
  const rule = { separator: ";", regex: `__tmp_credentials_${mark}`, replacement: "$1", action: "labeldrop" };
  return `${name}:${toJsonText({ ...rendered, relabel_configs: [...rules, rule] })}`;
}
