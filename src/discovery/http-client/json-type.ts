const JSON_TYPE = /^application\/json(?:;\s*charset=(?:utf-8|"utf-8"))?$/i;

/**
 * Throws when an answer is not said to be JSON, which many a proxy's error page is not.
 *
 * @param name - The request, for the error.
 */
export function requireJsonType(name: string, header: (name: string) => string): void {
  const type = header("content-type").trim();
  if (JSON_TYPE.test(type)) return;
  throw new Error(`${name}: the answer's Content-Type must be application/json, not ${JSON.stringify(type)}`);
}
