import type { Manifest } from '../manifest.ts';
import { messageOf } from '../system-code.ts';

export type Reply = { readonly status: number; readonly body: unknown };

const bodyProblem = (text: string): Reply => ({ status: 400, body: { error: `body is not JSON: ${text}` } });

const addToCart = (text: string): Reply => {
  if (text === '') return { status: 201, body: { added: null } };
  try {
    const added: unknown = JSON.parse(text);
    return { status: 201, body: { added } };
  } catch (error) {
    return bodyProblem(messageOf(error));
  }
};

/** Fixed answer that the manifest gives to this request, a method's own before the path's. */
export const fixedReply = (manifest: Manifest, method: string, path: string): Reply | null => {
  const found = manifest.routes[`${method} ${path}`] ?? manifest.routes[path];
  return found === undefined ? null : { status: found.status, body: found.body ?? { status: found.status } };
};

/** The small application itself: a start page and a cart. */
export const applicationReply = (manifest: Manifest, method: string, path: string, body: string): Reply => {
  const { service, version } = manifest;
  const reads = method === 'GET' || method === 'HEAD';
  if (path === '/' && reads) return { status: 200, body: { service, version } };
  if (path === '/api/cart' && reads) return { status: 200, body: { version, items: [] } };
  if (path === '/api/cart' && method === 'POST') return addToCart(body);
  const known = path === '/' || path === '/api/cart';
  return { status: known ? 405 : 404, body: { error: known ? 'method not allowed' : 'not found' } };
};
