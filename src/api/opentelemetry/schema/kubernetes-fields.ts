import { boolean, freeForm, integer, list, object, quantity, text, textMap, texts, type Field } from "./field.ts";

/** Kubernetes' own types where a resource of ours embeds them: spelled out as far as something here reads them. */

const LABEL_SELECTOR_FIELDS: Readonly<Record<string, Field>> = {
  matchLabels: textMap("Labels that must have exactly these values."),
  matchExpressions: list(
    "Requirements on labels; all must hold.",
    object("", {
      name: "LabelSelectorRequirement",
      required: ["key", "operator"],
      fields: {
        key: text("The label."),
        operator: text("`In`, `NotIn`, `Exists` or `DoesNotExist`."),
        values: texts("What the label is compared with. Empty for `Exists` and `DoesNotExist`."),
      },
    }),
  ),
};

export const labelSelector = (description: string, options: { default?: unknown } = {}): Field =>
  object(description, { name: "LabelSelector", fields: LABEL_SELECTOR_FIELDS, atomic: true, ...options });

export const envVars = (description: string): Field =>
  list(
    description,
    object("", {
      name: "EnvVar",
      required: ["name"],
      kubernetesType: "core/v1 EnvVar",
      fields: {
        name: text("Name of the variable."),
        value: text("Its value; `$(NAME)` refers to variables defined before."),
        valueFrom: freeForm("Where the value comes from, when it is not given.", "core/v1 EnvVarSource"),
      },
    }),
  );

export const resources = (description: string): Field =>
  object(description, {
    name: "ResourceRequirements",
    kubernetesType: "core/v1 ResourceRequirements",
    fields: {
      limits: { type: "map", description: "The most the container may use.", values: quantity("") },
      requests: { type: "map", description: "What the scheduler sets aside for it.", values: quantity("") },
    },
  });

export const tolerations = (description: string): Field =>
  list(
    description,
    object("", {
      name: "Toleration",
      kubernetesType: "core/v1 Toleration",
      fields: {
        key: text("The taint's key; empty with operator `Exists` tolerates everything."),
        operator: text("`Exists` or `Equal`."),
        value: text("The taint's value."),
        effect: text("`NoSchedule`, `PreferNoSchedule` or `NoExecute`; empty means all."),
        tolerationSeconds: integer("How long a `NoExecute` taint is tolerated.", { format: "int64" }),
      },
    }),
  );

export const volumeMounts = (description: string): Field =>
  list(
    description,
    object("", {
      name: "VolumeMount",
      required: ["mountPath", "name"],
      kubernetesType: "core/v1 VolumeMount",
      fields: {
        name: text("Name of the volume."),
        mountPath: text("Where it appears in the container."),
        readOnly: boolean("Mounted read-only."),
        subPath: text("Path within the volume."),
      },
    }),
  );

/** Objects of Kubernetes with a name, of which nothing else is read. */
export const named = (description: string, typeName: string, kubernetesType: string): Field =>
  list(
    description,
    object("", { name: typeName, required: ["name"], kubernetesType, fields: { name: text("Its name.") } }),
  );

export const probe = (description: string): Field =>
  object(description, {
    name: "ProbeTuning",
    fields: {
      initialDelaySeconds: integer("Seconds after the start before the first probe.", { minimum: 0 }),
      timeoutSeconds: integer("Seconds after which a probe counts as failed.", { minimum: 1 }),
      periodSeconds: integer("Seconds between two probes.", { minimum: 1 }),
      successThreshold: integer("Successes in a row that make it good again.", { minimum: 1 }),
      failureThreshold: integer("Failures in a row that make it bad.", { minimum: 1 }),
      terminationGracePeriodSeconds: integer("Seconds the container gets to stop after a failed probe.", {
        format: "int64",
        minimum: 1,
      }),
    },
  });
