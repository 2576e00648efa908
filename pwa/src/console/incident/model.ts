/** An incident as the server tells it. The contract names its parts; what is in them is named here. */

import type { Schemas } from "../api";

export type Wording = Readonly<Record<string, string>>;
/** Words of people, or that they were erased. */
export type Said = string | null | { readonly erased: true };
type Id = string;

export interface Barred {
  readonly code: string;
  readonly words: Wording;
  readonly params: Readonly<Record<string, string | number>>;
}
export interface PossibleAct {
  readonly act: string;
  readonly allowed: boolean;
  readonly barred: Barred | null;
  readonly undone: { readonly how: "within" | "act" | "never"; readonly seconds?: number; readonly act?: string };
}
export interface Report {
  readonly id: Id;
  readonly kind: string;
  readonly category: string | null;
  readonly voice: string;
  readonly channel: string;
  readonly language: string;
  readonly anonymous: boolean;
  readonly danger_now: boolean;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly accuracy_m: number | null;
  readonly received_at: string;
  readonly happened_at: string | null;
  readonly withdrawn_at: string | null;
  readonly merged_from_id: Id | null;
  readonly text: Said;
  readonly landmark: Said;
  readonly contact: Readonly<Record<string, unknown>> | { readonly erased: true } | null;
  readonly has_safe_contact: boolean;
}
export interface Clock {
  readonly kind: string;
  readonly grade: number;
  readonly started_at: string;
  readonly due_at: string;
  readonly state: string;
  readonly ended_at: string | null;
  readonly rungs_s: readonly number[];
  readonly rungs_fired: number;
  readonly next_rung_at: string | null;
}
export interface Task {
  readonly id: Id;
  readonly code: string | null;
  readonly title: Said;
  readonly duty: boolean;
  readonly org_id: Id | null;
  readonly person_id: Id | null;
  readonly state: string;
  readonly due_at: string | null;
}
export interface Dispute {
  readonly id: Id;
  readonly kind: string;
  readonly state: string;
  readonly with_org_id: Id | null;
  readonly called: readonly { readonly org_id: Id; readonly attended: boolean | null }[];
  readonly whistle_reason: string | null;
  readonly due_at: string | null;
  readonly opened_at: string;
  readonly position: Said;
  readonly decision: Said;
}
export interface Message {
  readonly id: Id;
  readonly report_id: Id;
  readonly direction: "to_reporter" | "from_reporter";
  readonly at: string;
  readonly template: string | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly written_by: Id | null;
  readonly seen_at: string | null;
  readonly body: Said;
}
export interface Delivery {
  readonly id: Id;
  readonly person_id: Id | null;
  readonly desk_id: Id | null;
  readonly report_id: Id | null;
  readonly channel: string;
  readonly template: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly created_at: string;
  readonly handed_over_at: string | null;
  readonly delivered_at: string | null;
  readonly seen_at: string | null;
  /** How far it came, why not further, and what happens instead. */
  readonly said: Wording;
}
export interface Offer {
  readonly id: Id;
  readonly part: string;
  readonly route: string;
  readonly org_id: Id;
  readonly desk_id: Id | null;
  readonly person_id: Id | null;
  readonly state: string;
  readonly offered_at: string;
  readonly due_at: string;
  readonly answered_at: string | null;
}
export interface Handover {
  readonly id: Id;
  readonly to_org_id: Id;
  readonly to_desk_id: Id | null;
  readonly state: string;
  readonly proposed_at: string;
  readonly due_at: string;
  readonly answered_at: string | null;
  readonly sbar: Readonly<Record<string, string | null>> | { readonly erased: true } | null;
  readonly read_back: Said;
}
export interface Goal {
  readonly id: Id;
  readonly key: string;
  readonly text: Wording;
  readonly state: string;
  readonly settled_at: string | null;
  readonly approved_by: Id | null;
  readonly evidence: Said;
}
export interface Step {
  readonly rule: string;
  readonly layer: string;
  readonly lock: string;
  readonly version: string | number;
  readonly result: string;
  readonly why?: Wording;
}
export interface Decision {
  readonly kind: string;
  readonly at: string;
  readonly policy_version: string;
  readonly trace: readonly Step[];
  readonly result: {
    readonly category: string; readonly grade: string; readonly lead: string; readonly parallel: readonly string[];
    readonly reviews?: readonly string[]; readonly needs?: readonly string[]; readonly forbids?: readonly string[]; readonly offers?: readonly string[];
    readonly duty?: boolean; readonly fallback?: readonly string[]; readonly police: { readonly letters: readonly string[]; readonly allowed: boolean };
  };
}
export interface Happening {
  readonly stream_seq: number;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly payload: Readonly<Record<string, unknown>>;
}
export interface Names {
  readonly people: Readonly<Record<Id, string>>;
  readonly organisations: Readonly<Record<Id, Wording>>;
  readonly desks: Readonly<Record<Id, Wording>>;
  readonly areas: readonly { readonly id: number; readonly name: string; readonly names: Wording }[];
  readonly routes: Readonly<Record<string, Wording>>;
  readonly rungs: Readonly<Record<string, Wording>>;
  readonly rules: Readonly<Record<string, Wording>>;
  readonly results: Readonly<Record<string, Wording>>;
  /** What decisions ask for beside a route. */
  readonly words: Readonly<Record<string, Wording>>;
  readonly events: Readonly<Record<string, Wording>>;
  readonly notices: Readonly<Record<string, { readonly subject: Wording; readonly body: Wording }>>;
}
export interface Photo {
  readonly id: Id;
  readonly report_id: Id;
}

/** The whole of it. */
export interface Incident extends Required<Schemas["Listed"]> {
  readonly owner: { readonly organisation_id: Id; readonly desk_id: Id | null; readonly person_id: Id | null; readonly label: Wording };
  readonly place: { readonly lat: number | null; readonly lon: number | null; readonly accuracy_m: number | null; readonly area_ids: readonly number[] };
  readonly safe_mode: boolean;
  readonly duty_open: boolean;
  readonly parent_id: Id | null;
  readonly outcome: string | null;
  readonly cycle: number;
  readonly acts: readonly PossibleAct[];
  readonly undo: { readonly allowed: boolean; readonly fact: string | null; readonly until: string | null; readonly barred: Barred | null };
  readonly names: Names;
  readonly reports: readonly Report[];
  readonly notes: readonly { readonly id: Id; readonly body: Said; readonly written_by: Id | null; readonly written_at: string }[];
  readonly messages: readonly Message[];
  readonly goals: readonly Goal[];
  readonly ownership: readonly { readonly org_id: Id; readonly desk_id: Id | null; readonly person_id: Id | null; readonly by_act: string; readonly since: string; readonly until: string | null }[];
  readonly clocks: readonly Clock[];
  readonly escalations: readonly { readonly rung: number; readonly due_at: string; readonly fired_at: string; readonly told: Readonly<Record<string, string | null>> }[];
  readonly handovers: readonly Handover[];
  readonly decisions: readonly Decision[];
  readonly family: { readonly whole: Required<Schemas["Listed"]> | null; readonly parts: readonly Required<Schemas["Listed"]>[] };
  readonly links: readonly { readonly incident_id: Id; readonly state: string }[];
  readonly offers: readonly Offer[];
  readonly deliveries: readonly Delivery[];
  readonly photos: readonly Photo[];
  readonly voices: readonly { readonly id: Id; readonly report_id: Id }[];
  readonly tasks: readonly Task[];
  readonly disputes: readonly Dispute[];
  readonly timeline: readonly Happening[];
}
export type Receiver = {
  readonly organisation_id: Id; readonly label: Wording; readonly routes: readonly string[]; readonly on_duty: number;
  readonly always_staffed: boolean; readonly is_owner: boolean; readonly kind: string;
};
