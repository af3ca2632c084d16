import { LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamed, addNamespace, NAMESPACE } from "./metadata-labels.ts";
import type { Ingress, IngressRule } from "./objects.ts";
import type { RelatedObjects } from "./related-objects.ts";

const CLASS_NAME = `${PREFIX}ingress_class_name`;
const SCHEME = `${PREFIX}ingress_scheme`;
const HOST = `${PREFIX}ingress_host`;
const PATH = `${PREFIX}ingress_path`;

/** Role `ingress`: one target for each path of each rule, meant for probing from outside. The default backend is none. */
export function buildIngressGroup(ingress: Ingress, source: string, related: RelatedObjects): TargetGroup {
  const builder = new LabelsBuilder();
  const namespace = ingress.metadata.namespace ?? "";
  builder.set(NAMESPACE, namespace);
  const className = ingress.spec?.ingressClassName ?? undefined;
  if (className !== undefined) builder.set(CLASS_NAME, className);
  addNamed(builder, "ingress", ingress);
  addNamespace(builder, related.namespace(namespace));

  const tlsHosts = (ingress.spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  const targets = (ingress.spec?.rules ?? []).flatMap((rule) => {
    const host = rule.host ?? "";
    const scheme = tlsHosts.some((pattern) => covers(pattern, host)) ? "https" : "http";
    return pathsOf(rule).map((path) =>
      new LabelsBuilder().set(ADDRESS, host).set(SCHEME, scheme).set(HOST, host).set(PATH, path).build(),
    );
  });
  return { source, labels: builder.build(), targets };
}

/** A rule without HTTP part stands for everything on its host; one with an empty list of paths for nothing. */
function pathsOf({ http }: IngressRule): readonly string[] {
  if (http === undefined || http === null) return ["/"];
  return (http.paths ?? []).map(({ path }) => (path === undefined || path === "" ? "/" : path));
}

/** `*.` stands for exactly one label. */
function covers(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const dot = host.indexOf(".");
  return pattern.startsWith("*.") && dot !== -1 && host.slice(dot) === pattern.slice(1);
}
