import { randomBytes } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { Actor } from '../../runbooks/access.ts';
import { groupsOf } from '../../runbooks/access-file.ts';
import type { CiIdentity } from '../../runbooks/ci-block.ts';
import { isOfPipeline } from '../../runbooks/ci-block.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { canonicalJson } from '../../runbooks/runbook.ts';
import type { CiSession, CiSessions } from '../store/ci-sessions.ts';
import { hashOf } from './identify.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { AccessState } from './source.ts';

/** Only what is signed with a key that the issuer alone has. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const toleranceSeconds = 60;

const prefix = 'sluice_ci_';
export const isCiToken = (token: string): boolean => token.startsWith(prefix);

/** Who a job is, and the token by which it says so from now on. */
export type Taken = { readonly pipeline: string; readonly token: string; readonly endsAt: string };

/**
 * Takes a token of a CI, once, for one of ours that lasts as long as its row says: a job asks more than once, and the
 * CI's own may be sent but one time. `now`: ms.
 * @throws SluiceError UNAUTHENTICATED, ACCESS_FILE_INVALID, ISSUER_UNAVAILABLE
 */
export const takeCiToken = async (
  { access, keys, sessions }: { access: AccessState; keys: IssuerKeys; sessions: CiSessions },
  jwt: string,
  now: number,
): Promise<Taken> => {
  if (access.broken !== null)
    throw new SluiceError({
      code: 'ACCESS_FILE_INVALID',
      message: `Which pipeline that is can not be told: ${access.broken.message}`,
      hint: 'Whoever keeps access.yml mends it: sluice lint shows every problem. The token was not used.',
    });
  const issuer = issuerOf(jwt);
  const rows = Object.entries(access.file?.ci ?? {}).filter(([, row]) => row.issuer === issuer);
  // Nobody is asked for keys but whom access.yml names.
  if (rows.length === 0)
    throw refused(
      `access.yml knows no pipeline of ${issuer.slice(0, 200)}`,
      'Add one under ci (docs/access.md).',
    );
  const audiences = [...new Set(rows.map(([, { audience }]) => audience))];
  const said = await verified(jwt, issuer, audiences, keys, now);
  const [pipeline, row] = onlyOne(rows, said);
  const token = `${prefix}${randomBytes(32).toString('base64url')}`;
  const endsAt = new Date(now + row.for).toISOString();
  const fresh = await sessions.open(
    { sha256: hashOf(token), pipeline, identitySha256: identityOf(row), endsAt },
    {
      issuer,
      jti: said.jti,
      endsAt: new Date(1000 * (said.exp + toleranceSeconds)).toISOString(),
    },
  );
  if (!fresh) throw refused('it was sent before, and is taken once', 'Have the CI make a new one.');
  return { pipeline, token, endsAt };
};

/** Whom the token of a job stands for: its pipeline, as long as its row stands as it was. */
export const actorOfCi = async (
  { file, broken }: AccessState,
  sessions: CiSessions,
  token: string,
): Promise<Actor> => {
  const session: CiSession | null = await sessions.find(hashOf(token));
  if (session === null) throw refused('it is over, or none of this daemon', again);
  const { pipeline, identitySha256 } = session;
  const row = Object.hasOwn(file?.ci ?? {}, pipeline) ? file?.ci[pipeline] : undefined;
  if (file === null || row === undefined || identityOf(row) !== identitySha256)
    throw refused(`the row of ${pipeline} in access.yml is not what it was`, again);
  const unsure = broken === null ? {} : ({ unsure: true } as const);
  return { id: `ci:${pipeline}`, via: 'ci', groups: groupsOf(file, pipeline), ...unsure };
};

const again = 'Have the CI make a new token, and exchange it: sluice token exchange.';

const identityOf = (row: CiIdentity): string => hashOf(canonicalJson(row));

const issuerOf = (jwt: string): string => {
  try {
    const { iss } = decodeJwt(jwt);
    if (typeof iss === 'string') return iss;
  } catch (error) {
    if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error;
  }
  throw refused('it is no JSON Web Token with an issuer', 'Send the ID token of the job, as the CI made it.');
};

type Said = JWTPayload & { readonly jti: string; readonly exp: number };

const verified = async (
  jwt: string,
  issuer: string,
  audience: string[],
  keys: IssuerKeys,
  now: number,
): Promise<Said> => {
  try {
    const { payload } = await jwtVerify(jwt, keys(issuer), {
      ...{ issuer, audience, algorithms, currentDate: new Date(now), clockTolerance: toleranceSeconds },
      requiredClaims: ['exp', 'iat', 'jti'],
    });
    const { jti, exp } = payload;
    if (typeof jti === 'string' && jti !== '' && jti.length <= 500 && typeof exp === 'number')
      return { ...payload, jti, exp };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw refused(whyNot(error), again, error);
  }
  throw refused('its number (jti) can not be kept', again);
};

const whyNot = (error: Error): string => {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} is not as it must be`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not taken';
  return 'it can not be verified';
};

const onlyOne = (rows: readonly (readonly [string, CiIdentity])[], said: Said) => {
  const meant = [said.aud ?? []].flat();
  const fits = rows.filter(([, row]) => meant.includes(row.audience) && isOfPipeline(row, said));
  const [first, second] = fits;
  if (first === undefined) {
    const claims = [...new Set(rows.flatMap(([, row]) => Object.keys(row.claims)))];
    throw refused(
      `no pipeline of access.yml has its claims (${claims.join(', ')})`,
      'Compare them with what the job is: repository, branch, environment.',
    );
  }
  if (second !== undefined)
    throw refused(
      `it would be ${fits.map(([name]) => name).join(' and ')}`,
      'Make their claims in access.yml exclude each other.',
    );
  return first;
};

/** Says why without a word of the token itself. */
const refused = (why: string, hint: string, cause?: unknown): SluiceError =>
  new SluiceError(
    { code: 'UNAUTHENTICATED', message: `The CI's token is not taken: ${why}.`, hint },
    { cause },
  );
