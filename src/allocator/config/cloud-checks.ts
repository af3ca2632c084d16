import { isSet } from "./http-client-settings.ts";
import type { DataObject } from "./scrape-config.ts";
import type { Report } from "./setting-schema.ts";
import { listSetting, sectionsSetting, textSetting, textsSetting } from "./setting-values.ts";
import { normalizedUrl, originOf, withMaskedPassword } from "./url.ts";

/** Reports what is wrong with decoded settings; returns them, completed where a mechanism derives one from another. */
export type SettingCheck = (settings: DataObject, report: Report) => DataObject;

/** Texts and lists that must not be empty. */
export function required(...keys: readonly string[]): SettingCheck {
  return (settings, report) => {
    for (const key of keys) {
      if (textSetting(settings, key).trim() === "" && listSetting(settings, key).length === 0)
        report(key, "is missing");
    }
    return settings;
  };
}

/** A text of a known form; empty is fine. */
export function fits(key: string, form: RegExp, expected: string): SettingCheck {
  return (settings, report) => {
    const value = textSetting(settings, key);
    if (value !== "" && !form.test(value)) report(key, `must be ${expected}`);
    return settings;
  };
}

/** A key with a URL, which may be relative or empty. */
export function parsableUrl(key: string): SettingCheck {
  return (settings, report) => {
    const url = normalizedUrl(textSetting(settings, key));
    if (typeof url !== "string") report(key, `is no URL: ${url.problem}`);
    return settings;
  };
}

/** Keys of which at least one must be set. */
export function anyOf(...keys: readonly string[]): SettingCheck {
  return (settings, report) => {
    if (!keys.some((key) => isSet(settings[key]))) report("", `one of ${keys.join(" and ")} must be set`);
    return settings;
  };
}

/** A key that Prometheus has by mistake: whatever it is set to, Prometheus cannot read or write it. */
export function neverSet(key: string): SettingCheck {
  return (settings, report) => {
    if (settings[key] !== undefined) report(key, "cannot be set; remove it");
    return settings;
  };
}

/** A key with few possible values. */
export function oneOf(key: string, values: readonly string[]): SettingCheck {
  return (settings, report) => {
    const value = textSetting(settings, key);
    if (!values.includes(value)) report(key, `must be ${values.join(", ")}, not ${JSON.stringify(value)}`);
    return settings;
  };
}

/** A key with an absolute URL. */
export function urlWithHost(key: string, schemes?: readonly string[]): SettingCheck {
  return (settings, report) => {
    const url = textSetting(settings, key);
    const origin = originOf(url);
    if (url === "") report(key, "is missing");
    else if (origin === undefined || schemes?.includes(origin.scheme) === false) {
      report(key, `${JSON.stringify(withMaskedPassword(url))} must be a URL with scheme and host`);
    }
    return settings;
  };
}

/** Two ways to give one thing. */
export function exactlyOne(...keys: readonly string[]): SettingCheck {
  return (settings, report) => {
    const given = keys.filter((key) => isSet(settings[key]));
    if (given.length !== 1) report("", `exactly one of ${keys.join(" and ")} must be set`);
    return settings;
  };
}

/** Ways to authenticate that exclude each other. */
export function atMostOneWay(...keys: readonly string[]): SettingCheck {
  return (settings, report) => {
    const given = keys.filter((key) => isSet(settings[key]));
    if (given.length > 1) report("", `only one of ${given.join(" and ")} can be set`);
    return settings;
  };
}

/** azure: OAuth needs an application. */
export const requiredForOAuth: SettingCheck = (settings, report) =>
  textSetting(settings, "authentication_method") === "OAuth"
    ? required("tenant_id", "client_id", "client_secret")(settings, report)
    : settings;

/** consul: user name and password are another spelling of basic_auth. */
export const consulCredentials: SettingCheck = (settings, report) => {
  if (isSet(settings["token"]) && (settings["authorization"] !== undefined || settings["oauth2"] !== undefined)) {
    report("token", "cannot be set together with authorization or oauth2");
  }
  const [username, password] = [textSetting(settings, "username"), textSetting(settings, "password")];
  if (username === "" && password === "") return settings;
  if (settings["basic_auth"] !== undefined) report("username", "cannot be set together with basic_auth");
  return { ...settings, basic_auth: { username, password } };
};

/** ec2: a filter without values would filter nothing. */
export const anyFilterHasValues: SettingCheck = (settings, report) => {
  for (const [index, filter] of sectionsSetting(settings, "filters").entries()) {
    if (listSetting(filter, "values").length === 0) report(`filters[${String(index)}].values`, "is missing or empty");
  }
  return settings;
};

/** nerve and serverset: ZooKeeper paths are absolute. */
export const pathsStartWithSlash: SettingCheck = (settings, report) => {
  for (const [index, path] of textsSetting(settings, "paths").entries()) {
    if (!path.startsWith("/")) report(`paths[${String(index)}]`, `${JSON.stringify(path)} must begin with a slash`);
  }
  return settings;
};

/** triton: without an interval it would never look again. */
export const refreshesAtAll: SettingCheck = (settings, report) => {
  if (settings["refresh_interval"] === "0s") report("refresh_interval", "must be longer than 0s");
  return settings;
};

/** outscale: the API of a region has a known address. */
export const outscaleEndpoint: SettingCheck = (settings) => {
  if (isSet(settings["endpoint"])) return settings;
  return { ...settings, endpoint: `https://api.${textSetting(settings, "region")}.outscale.com/api/v1` };
};
