// JSON Schema of what the Events API v2 takes, written from PagerDuty's public reference: "Send an Alert Event", "Send a
// Change Event", "Events API v2 Overview" and the OpenAPI description of the API (PagerDuty/api-schema,
// reference/events-v2). Stricter than PagerDuty itself: a field that the reference does not name is refused.

const httpUri = { type: 'string', format: 'uri', pattern: '^https?://' } as const;

const links = {
  type: 'array',
  items: {
    type: 'object',
    properties: { href: httpUri, text: { type: 'string', minLength: 1 } },
    required: ['href'],
    additionalProperties: false,
  },
} as const;

const images = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      src: { type: 'string', format: 'uri', pattern: '^https://' },
      href: httpUri,
      alt: { type: 'string' },
    },
    required: ['src'],
    additionalProperties: false,
  },
} as const;

/** "The 32 character Integration Key". */
const routingKey = { type: 'string', pattern: '^[0-9A-Za-z]{32}$' } as const;
const dedupKey = { type: 'string', minLength: 1, maxLength: 255 } as const;
const summary = { type: 'string', minLength: 1, maxLength: 1024 } as const;
const timestamp = { type: 'string', format: 'date-time' } as const;
const text = { type: 'string', minLength: 1 } as const;

const trigger = {
  type: 'object',
  properties: {
    routing_key: routingKey,
    event_action: { const: 'trigger' },
    dedup_key: dedupKey,
    payload: {
      type: 'object',
      properties: {
        summary,
        timestamp,
        severity: { enum: ['critical', 'warning', 'error', 'info'] },
        source: text,
        component: text,
        group: text,
        class: text,
        custom_details: { type: 'object' },
      },
      required: ['summary', 'severity', 'source'],
      additionalProperties: false,
    },
    client: text,
    client_url: httpUri,
    links,
    images,
  },
  required: ['routing_key', 'event_action', 'payload'],
  additionalProperties: false,
} as const;

/** `client` and `client_url` are "only used for trigger events"; the key is "required unless" it is one. */
const following = {
  type: 'object',
  properties: {
    routing_key: routingKey,
    event_action: { enum: ['acknowledge', 'resolve'] },
    dedup_key: dedupKey,
  },
  required: ['routing_key', 'event_action', 'dedup_key'],
  additionalProperties: false,
} as const;

/** `POST /v2/enqueue`. */
export const alertSchema = {
  type: 'object',
  required: ['event_action'],
  if: { properties: { event_action: { const: 'trigger' } } },
  then: trigger,
  else: following,
} as const;

/** `POST /v2/change/enqueue`. */
export const changeSchema = {
  type: 'object',
  properties: {
    routing_key: routingKey,
    payload: {
      type: 'object',
      properties: { summary, timestamp, source: text, custom_details: { type: 'object' } },
      required: ['summary'],
      additionalProperties: false,
    },
    links,
    images,
  },
  required: ['routing_key', 'payload'],
  additionalProperties: false,
} as const;

/** "Events API payloads are limited to 512 KB." */
export const largestEvent = 512 * 1024;
