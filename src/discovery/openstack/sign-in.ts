import type { DataObject } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";

/** The body of a request for a token. */
export type SignIn = Readonly<Record<string, unknown>>;

const SECTION = "openstack_sd_configs";

/** Where Keystone gives tokens. Throws for an endpoint that is missing, or of a version that is no longer spoken. */
export function tokenUrlOf(settings: DataObject): string {
  const endpoint = textOf(settings, "identity_endpoint").replace(/\/+$/, "");
  if (endpoint === "") {
    throw new Error(
      `${SECTION}: identity_endpoint is missing; set it, as the variables of OpenStack's own clients are not read`,
    );
  }
  const version = /\/(?<version>v\d+(?:\.\d+)?)$/.exec(endpoint)?.groups?.["version"];
  if (version !== undefined && !/^v3(?:\.|$)/.test(version)) {
    throw new Error(`${SECTION}: identity_endpoint must be one of version 3 of the identity API, not of ${version}`);
  }
  return `${endpoint}${version === undefined ? "/v3" : ""}/auth/tokens`;
}

/**
 * Who signs in, and for which project. A password beats an application credential, as in Go. Throws when the settings
 * name nobody, or leave open who is meant. https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function signInOf(settings: DataObject): SignIn {
  const identity =
    textOf(settings, "password") === "" ? applicationCredential(settings) : passwordOf(settings, projectOf(settings));
  return { auth: identity };
}

function passwordOf(settings: DataObject, project: SignIn | undefined): SignIn {
  const user = { ...userOf(settings), password: textOf(settings, "password") };
  const identity = { methods: ["password"], password: { user } };
  return project === undefined ? { identity } : { identity, scope: project };
}

/** It belongs to one project already. */
function applicationCredential(settings: DataObject): SignIn {
  const [id, name, secret] = ["id", "name", "secret"].map((key) => textOf(settings, `application_credential_${key}`));
  if (id === "" && name === "") {
    throw new Error(`${SECTION}: nobody can sign in; set password with a user, or an application credential`);
  }
  if (secret === "") throw new Error(`${SECTION}: application_credential_secret is missing`);
  const credential = id === "" ? { name, secret, user: userOf(settings) } : { id, secret };
  return { identity: { methods: ["application_credential"], application_credential: credential } };
}

function userOf(settings: DataObject): SignIn {
  const [id, name] = [textOf(settings, "userid"), textOf(settings, "username")];
  if ((id === "") === (name === "")) throw new Error(`${SECTION}: exactly one of username and userid must be set`);
  return id === "" ? { name, domain: domainOf(settings) } : { id };
}

/** undefined: no project is named, and the token is for what the user has by default. */
function projectOf(settings: DataObject): SignIn | undefined {
  const [id, name] = [textOf(settings, "project_id"), textOf(settings, "project_name")];
  if (id !== "") return { project: { id } };
  return name === "" ? undefined : { project: { name, domain: domainOf(settings) } };
}

function domainOf(settings: DataObject): SignIn {
  const [id, name] = [textOf(settings, "domain_id"), textOf(settings, "domain_name")];
  if ((id === "") !== (name === "")) return id === "" ? { name } : { id };
  throw new Error(
    `${SECTION}: exactly one of domain_name and domain_id must be set, as names of users and projects are unique in ` +
      "a domain only",
  );
}
