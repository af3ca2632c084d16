/** Go's `url.QueryEscape`: what Prometheus and the collector write into job paths and query values. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

/**
 * The reverse of {@link queryEscape}, on text that nobody has decoded yet. Throws URIError for a malformed escape.
 */
export function queryUnescape(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
