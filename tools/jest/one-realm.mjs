// Jest runs tests in a context of its own, with an `Error` of its own: `instanceof Error` is false there for all that
// Node itself throws, and code that asks would behave otherwise under test than in production. Here the name decides.
const ordinary = Function.prototype[Symbol.hasInstance];

for (const native of [Error, TypeError, RangeError, SyntaxError, AggregateError]) {
  Object.defineProperty(native, Symbol.hasInstance, {
    /** @param {unknown} value */
    value(value) {
      // A subclass inherits this method: it decides by itself.
      return ordinary.call(this, value) || (this === native && descendsFrom(value, native.name));
    },
  });
}

/**
 * @param {unknown} value
 * @param {string} name of a built-in class, of whatever context
 */
function descendsFrom(value, name) {
  if (typeof value !== 'object' || value === null) return false;
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'constructor') && at.constructor.name === name) return true;
  }
  return false;
}
