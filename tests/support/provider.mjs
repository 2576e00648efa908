/**
 * An OpenID Connect provider for tests, on loopback: oidc-provider, with a page on which anybody signs in as whoever they
 * type. Whose login begins with "strong" is said to have shown more than a password.
 *
 * `node provider.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI`, with the folder of its packages in NODE_ROOT; says "ready".
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [port, clientId, clientSecret, redirectUri] = process.argv.slice(2);
const packages = createRequire(join(process.env.NODE_ROOT, "package.json"));
const { default: Provider } = await import(pathToFileURL(packages.resolve("oidc-provider")).href);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
  pkce: { required: () => true },
  acrValues: ["strong"],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/enter/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/enter/")) return next();
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = '<!doctype html><title>Agency</title><form method="post"><label>Staff number <input name="login"></label><button>Enter</button></form>';
    return undefined;
  }
  const login = new URLSearchParams(await text(ctx.req)).get("login");
  const grant = new provider.Grant({ accountId: login, clientId });
  grant.addOIDCScope("openid");
  const consent = { grantId: await grant.save() };
  const acr = login.startsWith("strong") ? { acr: "strong" } : {};
  return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: login, ...acr }, consent });
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
