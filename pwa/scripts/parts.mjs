/** What a screen fetches by itself as soon as it stands: asked for at once, after what the screen needs to stand. */
export const SOON = { report: "src/resident/report/parts.tsx", sos: "src/resident/sos/after.tsx" };
