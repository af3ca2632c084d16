import type { Field } from "./field.ts";
import { KUBERNETES_TYPES } from "./kubernetes-types.ts";

/**
 * The field with everything that Kubernetes has in a field of its type, where it names one; else the very same. What
 * is spelled out in the field itself wins. Only this field: those in it are looked up when they are reached.
 */
export function withKubernetesFields(field: Field): Field {
  if (field.type !== "free-form" && field.type !== "object") return field;
  const { kubernetesType } = field;
  if (kubernetesType === undefined) return field;
  const known = KUBERNETES_TYPES[kubernetesType];
  // Only a type that was named since the types were generated last; it goes unchecked until they are again.
  if (known?.type !== "object") return field;
  const { description, default: fallback } = field;
  if (field.type === "free-form")
    return { ...known, description, ...(fallback === undefined ? {} : { default: fallback }) };
  return { ...known, ...field, fields: { ...known.fields, ...field.fields } };
}
