import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import {
  authorityCertificateName,
  authorityIssuerName,
  clientCertificateName,
  selfSignedIssuerName,
  serverCertificateName,
} from "../manifests/names.ts";
import { allocatorHosts, allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { certificateSource } from "./mutual-tls.ts";

const SUBJECT = { organizationalUnits: ["opentelemetry-operator"] };
/** Two years, renewed half a year before: an authority outlives every certificate that it signs. */
const AUTHORITY_TIMES = { duration: "17280h", renewBefore: "4344h" };

/** What cert-manager needs to issue the certificates of an allocator and its collectors; nothing when it is not to. */
export function buildCertificates(input: AllocatorInput): readonly Manifest[] {
  const { name } = input.owner.metadata;
  if (certificateSource(input.spec.mtls)?.from !== "cert-manager") return [];
  const authority = authorityCertificateName(name);
  return [
    issuer(input, selfSignedIssuerName(name), { selfSigned: {} }),
    certificate(input, authority, {
      isCA: true,
      commonName: authority,
      ...AUTHORITY_TIMES,
      issuerRef: { kind: "Issuer", name: selfSignedIssuerName(name) },
    }),
    issuer(input, authorityIssuerName(name), { ca: { secretName: authority } }),
    ...[serverCertificateName(name), clientCertificateName(name)].map((leaf) =>
      certificate(input, leaf, {
        dnsNames: allocatorHosts(input),
        duration: "2160h",
        usages: ["client auth", "server auth"],
        issuerRef: { kind: "Issuer", name: authorityIssuerName(name) },
      }),
    ),
  ];
}

function issuer(input: AllocatorInput, name: string, spec: object): Manifest {
  return manifest(RESOURCES.Issuer, allocatorMeta(input, { name, annotated: false }), { spec });
}

function certificate(input: AllocatorInput, name: string, spec: object): Manifest {
  const content = { spec: { ...spec, secretName: name, subject: SUBJECT } };
  return manifest(RESOURCES.Certificate, allocatorMeta(input, { name, annotated: false }), content);
}
