import { type Answer, json } from "./http-servers.ts";

/** A token that the server gives, and wants to see. */
export const TOKEN = "cbc36478b0bd8e67e89469c7749d4127";

/** Lists by path, without the query: every page of one, in order. */
export type Lists = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** By path: the services below the host, as the catalog names them. */
const SERVICES: Readonly<Record<string, string>> = {
  compute: "/compute/v2.1",
  network: "/network/",
  "load-balancer": "/load-balancer/v2.0/",
};

/**
 * Keystone, Nova, Neutron and Octavia on one host: signs everybody in who comes with a body, and answers lists page by
 * page to those who show the token.
 */
export function openStackServer(lists: Lists): Answer {
  return (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host ?? ""}`);
    if (request.method === "POST" && url.pathname === "/identity/v3/auth/tokens") {
      response.setHeader("x-subject-token", TOKEN);
      return json({ token: { catalog: catalogAt(url.origin) } }, 201)(request, response);
    }
    if (request.headers["x-auth-token"] !== TOKEN) return json({ error: { code: 401 } }, 401)(request, response);
    const pages = lists[url.pathname];
    if (pages === undefined) return json({ itemNotFound: {} }, 404)(request, response);
    const page = Number(url.searchParams.get("marker") ?? 0);
    const name = /(?<name>[a-z]+)(?:\/detail)?$/.exec(url.pathname)?.groups?.["name"] ?? "";
    const next = new URL(url);
    next.searchParams.set("marker", String(page + 1));
    const links = page + 1 < pages.length ? [{ rel: "next", href: next.href }] : [];
    return json({ [name]: pages[page], [`${name}_links`]: links })(request, response);
  };
}

function catalogAt(origin: string): unknown {
  return Object.entries(SERVICES).map(([type, path]) => ({
    type,
    endpoints: [
      { interface: "internal", region: "RegionOne", region_id: "RegionOne", url: "http://internal.invalid" },
      { interface: "public", region: "RegionTwo", region_id: "RegionTwo", url: "http://two.invalid" },
      { interface: "public", region: "RegionOne", region_id: "RegionOne", url: origin + path },
    ],
  }));
}
