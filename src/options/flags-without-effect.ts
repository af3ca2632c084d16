/** A setting of the Go operator that means nothing here. It is accepted, so that its manifests can be kept. */
export interface FlagWithoutEffect {
  /** Without the dashes; also the key in a file of settings. */
  readonly name: string;
  /** It needs no value. */
  readonly isSwitch: boolean;
  /** Other keys of it in a file of settings. */
  readonly fileKeys?: readonly string[];
  /** One clause: why it means nothing, and what does instead. */
  readonly why: string;
}

const NO_INSTRUMENTATION = "this operator does not instrument applications";
const LANGUAGES = ["apache-httpd", "dotnet", "go", "java", "nginx", "nodejs", "python"];
/** What the Go operator calls some of them in its file. */
const FILE_SPELLINGS: Readonly<Record<string, string>> = { dotnet: "dot-net", nodejs: "node-js" };
const NO_BRIDGE = "this operator runs no OpAMP bridges";
const ON_OPENSHIFT = "nothing is made for OpenShift beyond Routes";
const FIXED_KEYS = "the keys of generated ConfigMaps are fixed";
const DETECTED = "the Go operator does not read it from here either: it finds it out at its start";

/** Flags and file keys of the Go operator that have no effect. */
export const GO_OPERATOR_FLAGS_WITHOUT_EFFECT: readonly FlagWithoutEffect[] = [
  {
    name: "create-rbac-permissions",
    isSwitch: true,
    why: "as in the Go operator, where it is deprecated: what the operator's account may do decides",
  },
  {
    name: "create-sm-operator-metrics",
    isSwitch: true,
    fileKeys: ["create-service-monitor-operator-metrics"],
    why: "a ServiceMonitor is installed with the operator: serviceMonitor.enabled of the chart, or config/monitoring",
  },
  { name: "openshift-create-dashboard", isSwitch: true, why: ON_OPENSHIFT },
  { name: "openshift-webhook-replicas", isSwitch: false, why: ON_OPENSHIFT },
  {
    name: "tls-cluster-profile",
    isSwitch: true,
    fileKeys: ["tls.useclusterprofile"],
    why: `${ON_OPENSHIFT}; set --tls-min-version and --tls-cipher-suites`,
  },
  {
    name: "tls-configure-operands",
    isSwitch: true,
    fileKeys: ["tls.configureoperands"],
    why: "collectors have the TLS settings of their own configuration",
  },
  { name: "operator-opamp-bridge-image", isSwitch: false, fileKeys: ["operatoropampbridge-image"], why: NO_BRIDGE },
  { name: "operator-op-amp-bridge-configmap-entry", isSwitch: false, why: NO_BRIDGE },
  {
    name: "clusterobservability-collector-image",
    isSwitch: false,
    why: "this operator has no ClusterObservability resources",
  },
  { name: "enable-multi-instrumentation", isSwitch: true, why: NO_INSTRUMENTATION },
  { name: "enable-instrumentation-crds", isSwitch: true, why: NO_INSTRUMENTATION },
  { name: "instrumentations", isSwitch: false, why: NO_INSTRUMENTATION },
  ...LANGUAGES.flatMap((language): readonly FlagWithoutEffect[] => {
    const spelling = FILE_SPELLINGS[language] ?? language;
    return [
      {
        name: `enable-${language}-instrumentation`,
        isSwitch: true,
        fileKeys: [`enable-${spelling}-auto-instrumentation`],
        why: NO_INSTRUMENTATION,
      },
      {
        name: `auto-instrumentation-${language}-image`,
        isSwitch: false,
        ...(spelling === language ? {} : { fileKeys: [`auto-instrumentation-${spelling}-image`] }),
        why: NO_INSTRUMENTATION,
      },
    ];
  }),
  { name: "collector-configmap-entry", isSwitch: false, why: FIXED_KEYS },
  { name: "target-allocator-configmap-entry", isSwitch: false, why: FIXED_KEYS },
  ...[
    "open-shift-routes-availability",
    "gateway-apis-availability",
    "prometheus-cr-availability",
    "cert-manager-availability",
    "target-allocator-availability",
    "collector-availability",
    "opampbridge-availability",
  ].map((name) => ({ name, isSwitch: false, why: DETECTED })),
];
