import type { DataObject } from "../../allocator/index.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { refreshIntervalOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { Look, LookSurroundings, PolledMechanism } from "../polling-discoverer.ts";
import { untilDoneOrAborted } from "../until-done-or-aborted.ts";
import { AwsAccess, type AwsClientOptions } from "./aws-access.ts";
import { AwsTransport, explainAwsError } from "./aws-transport.ts";

/** What a role makes its clients and its targets of. */
export interface AwsRoleOptions {
  readonly settings: DataObject;
  readonly client: AwsClientOptions;
  /** The address of the role's own API, if one is configured. */
  readonly endpoint: { readonly endpoint?: string };
}

/** Finds all targets of a region. Rejects when anything could not be found out. */
export type ListTargets = (signal: AbortSignal) => Promise<readonly LabelValues[]>;

/**
 * A mechanism that asks AWS.
 *
 * @param mechanism - As in the file, without `_sd_configs`.
 * @param createListing - Makes the clients. Called anew after a failure, so that region and credentials are had anew.
 */
export function awsMechanism(
  mechanism: string,
  createListing: (options: AwsRoleOptions) => ListTargets,
): PolledMechanism {
  return {
    mechanism,
    createLook: (settings, _, surroundings) => createLook({ mechanism, createListing }, settings, surroundings),
  };
}

/**
 * A part of an answer that is there even when there is nothing in it. Throws when it is not: then it is no such answer.
 *
 * @param operation - What was asked for, for the error.
 */
export function listed<Item>(items: readonly Item[] | undefined, operation: string, name: string): readonly Item[] {
  if (items !== undefined) return items;
  throw new Error(`${operation}: the answer has no ${name}; check endpoint, and what lies between`);
}

function createLook(
  role: { readonly mechanism: string; readonly createListing: (options: AwsRoleOptions) => ListTargets },
  settings: DataObject,
  { client, noFiles }: LookSurroundings,
): Look {
  const transport = new AwsTransport(client, refreshIntervalOf(settings, role.mechanism));
  const access = new AwsAccess(settings, role.mechanism, transport, noFiles);
  let open: { readonly region: string; readonly list: ListTargets } | undefined;
  const look: Look = async (signal) => {
    try {
      open ??= await connect();
      return [flatGroup(open.region, await open.list(signal))];
    } catch (error) {
      open = undefined;
      throw explained(error, role.mechanism);
    }
  };
  const connect = async (): Promise<NonNullable<typeof open>> => {
    const options = await access.open();
    return {
      region: options.region,
      list: role.createListing({ settings, client: options, endpoint: access.endpoint }),
    };
  };
  // The SDK waits before it repeats a request, and asks the machine's metadata service, without knowing a signal.
  return async (signal) => untilDoneOrAborted(look(signal), signal);
}

function explained(error: unknown, mechanism: string): unknown {
  if (!(error instanceof Error) || !error.name.endsWith("ProviderError")) return explainAwsError(error);
  return new Error(
    `${mechanism}_sd_configs: no credentials could be had; set access_key and secret_key, or give this machine a role: ` +
      errorMessage(error),
    { cause: error },
  );
}
