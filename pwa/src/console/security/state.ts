/** How one signs in, as the server says it; read again after each change. */

import { api, ask, type Schemas } from "../api";
import { useLoaded, whole, type Loaded, type Whole } from "../rosters/common";

export type State = Whole<Schemas["SignInState"]>;

/** What each part of the screen gets: how it stands, and what to call after a change. */
export interface Of {
  readonly state: State;
  readonly changed: () => Promise<void>;
}

/** How one signs in. */
export function useSignIn(): Loaded<State> {
  return useLoaded(() => whole(ask(api.GET("/api/v1/me/sign-in"))), []);
}
