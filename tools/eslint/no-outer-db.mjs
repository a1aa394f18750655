// Inside `db.transaction().execute(async (trx) => …)` every query has to go through `trx`. One through `db` waits
// for a connection: with the embedded ledger, which has a single one, it waits for the transaction that waits for it.

/** @typedef {import('eslint').Rule.Node} Node */

/**
 * `db.transaction().setIsolationLevel('…').execute` → the node of `db`; undefined for any other callee.
 *
 * @param {import('estree').CallExpression['callee']} callee
 */
function transactionOwner(callee) {
  if (callee.type !== 'MemberExpression' || nameOf(callee.property) !== 'execute') return undefined;
  let step = callee.object;
  while (step.type === 'CallExpression' && step.callee.type === 'MemberExpression') {
    if (nameOf(step.callee.property) === 'transaction') return step.callee.object;
    step = step.callee.object;
  }
  return undefined;
}

/** @param {import('estree').Node} node */
function nameOf(node) {
  return node.type === 'Identifier' || node.type === 'PrivateIdentifier' ? node.name : undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
export const noOuterDb = {
  meta: {
    type: 'problem',
    docs: { description: 'Forbid the outer database inside a transaction.' },
    messages: {
      outer:
        "`{{text}}` is not part of this transaction and may wait for it for ever: use the callback's parameter.",
    },
    schema: [],
  },
  create(context) {
    const source = context.sourceCode;
    /** Transactions around the node being visited, the innermost last. */
    /** @type {{ call: import('estree').Node, body: [number, number], owner: string }[]} */
    const open = [];

    /** @param {import('estree').Node} node */
    const enclosing = (node) =>
      open.findLast(({ body: [from, to] }) => {
        const at = source.getRange(node)[0];
        return from <= at && at < to;
      });

    return {
      CallExpression(node) {
        const owner = transactionOwner(node.callee);
        const body = node.arguments[0];
        if (owner === undefined || body === undefined) return;
        open.push({ call: node, body: source.getRange(body), owner: source.getText(owner) });
      },
      'CallExpression:exit'(node) {
        if (open.at(-1)?.call === node) open.pop();
      },
      Identifier(node) {
        const transaction = enclosing(node);
        if (transaction === undefined || (node.name !== 'db' && node.name !== transaction.owner)) return;
        const reference = source.getScope(node).references.find(({ identifier }) => identifier === node);
        // A property's name is no reference; a name declared inside the callback is not the outer one.
        if (reference === undefined) return;
        const declaration = reference.resolved?.identifiers[0];
        if (declaration !== undefined && enclosing(declaration) === transaction) return;
        context.report({ node, messageId: 'outer', data: { text: node.name } });
      },
      MemberExpression(node) {
        const transaction = enclosing(node);
        if (transaction === undefined) return;
        const text = source.getText(node);
        if (nameOf(node.property) !== 'db' && text !== transaction.owner) return;
        context.report({ node, messageId: 'outer', data: { text } });
      },
    };
  },
};
