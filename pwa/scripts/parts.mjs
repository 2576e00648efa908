/** What a screen fetches by itself as soon as it stands: asked for at once, after what the screen needs to stand. */
export const SOON = { report: "src/resident/report/parts.tsx", sos: "src/resident/sos/after.tsx" };

/** The console's screens whose address has another name than their file. */
export const ADDRESSES = { incident: "incidents", glass: "break-glass" };

/** The files of these modules of a manifest, and of all that they import at once. */
export function reached(files, keys, found = new Set()) {
  for (const key of keys) {
    if (!files[key] || found.has(files[key].file)) continue;
    found.add(files[key].file);
    reached(files, files[key].imports ?? [], found);
  }
  return [...found];
}
