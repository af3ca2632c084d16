import { type Answer, json } from "./http-servers.ts";

/** What the authority of a cloud answers to the clients of a tenant. Tokens are `token-1`, `token-2`, … */
export function azureAuthority(isTrusted: (form: URLSearchParams) => boolean = () => true): Answer {
  let given = 0;
  return (request, response) => {
    const tenant = new URL(`https://${request.headers.host ?? ""}/${request.url.split("/")[1] ?? ""}`).href;
    if (request.url.includes("/.well-known/openid-configuration")) {
      json({
        issuer: `${tenant}/v2.0`,
        authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `${tenant}/oauth2/v2.0/token`,
        jwks_uri: `${tenant}/discovery/v2.0/keys`,
      })(request, response);
    } else if (isTrusted(new URLSearchParams(request.body))) {
      given += 1;
      json({ token_type: "Bearer", expires_in: 3599, access_token: `token-${String(given)}` })(request, response);
    } else {
      const marks = `Trace ID: ${String(Math.random())} Correlation ID: ${String(Math.random())} Timestamp: now`;
      const description = `AADSTS7000215: Invalid client secret provided. ${marks}`;
      json({ error: "invalid_client", error_description: description, error_codes: [7000215] }, 401)(request, response);
    }
  };
}
