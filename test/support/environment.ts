import { afterEach } from "@jest/globals";

/** Runs with these environment variables (undefined: without them), and puts the old ones back. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string | undefined>>,
  run: () => T | Promise<T>,
): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  set(variables);
  try {
    return await run();
  } finally {
    set(before);
  }
}

function set(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Environment variables of a test, which are put back after it. Registers a hook. */
export function holdEnvironment(): { set(variables: Readonly<Record<string, string | undefined>>): void } {
  const before = new Map<string, string | undefined>();
  afterEach(() => {
    set(Object.fromEntries(before));
    before.clear();
  });
  return {
    set(variables) {
      for (const name of Object.keys(variables)) if (!before.has(name)) before.set(name, process.env[name]);
      set(variables);
    },
  };
}
