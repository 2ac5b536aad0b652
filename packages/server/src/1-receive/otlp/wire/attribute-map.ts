/**
 * Makes the objects that hold attributes. They inherit nothing, so no key can collide with `Object.prototype` or set a prototype.
 * A class with an emptied prototype, not `Object.create(null)`: V8 keeps the latter as a hash table, three times slower to fill
 * and to walk.
 */
import type { AttributeMap, AttributeValue } from "./otlp-types.ts";

export type MutableAttributeMap = Record<string, AttributeValue>;

const Bare = class {} as unknown as { new (): MutableAttributeMap; prototype: object };
Object.setPrototypeOf(Bare.prototype, null);
Reflect.deleteProperty(Bare.prototype, "constructor");

export function newAttributeMap(): MutableAttributeMap {
  return new Bare();
}

export const NO_ATTRIBUTES: AttributeMap = Object.freeze(newAttributeMap());
