-- What the first schema holds beside tables: the application's role, row security, and the promises about ownership.

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'linli_app') THEN
    CREATE ROLE linli_app NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this cluster made it just now
END $$;
DO $$ BEGIN
  EXECUTE format('GRANT linli_app TO %I', current_user);
  EXECUTE format('GRANT USAGE ON SCHEMA public TO linli_app');
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO linli_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO linli_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO linli_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO linli_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO linli_app;
-- The journal is appended to, never edited.
REVOKE UPDATE, DELETE ON event FROM linli_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM linli_app;

-- Whom a transaction acts for. Unset means nobody, and nobody sees nothing.
CREATE FUNCTION linli_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(current_setting('linli.scope', true), 'none') $$;
CREATE FUNCTION linli_organisations() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('linli.organisations', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION linli_areas() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('linli.areas', true), ''), '{}')::bigint[] $$;
CREATE FUNCTION linli_compartments() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('linli.compartments', true), ''), '{}')::text[] $$;

-- Staff see the incidents of their compartments that lie in their areas or that their body takes part in.
ALTER TABLE incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident FORCE ROW LEVEL SECURITY;
CREATE POLICY incident_seen ON incident USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND compartment = ANY ((SELECT linli_compartments())::text[])
      AND (area_ids && (SELECT linli_areas())::bigint[] OR party_org_ids && (SELECT linli_organisations())::uuid[]))
);

-- What belongs to an incident is seen by those who see the incident.
DO $$
DECLARE part text;
BEGIN
  FOREACH part IN ARRAY ARRAY['ownership','clock','escalation','triage','goal','handover','note','report',
                              'thread_message','decision','offer','diversion'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE POLICY %I ON %I USING ((SELECT linli_scope()) = ''system'' OR ((SELECT linli_scope()) = '
                   '''staff'' AND EXISTS (SELECT FROM incident i WHERE i.id = incident_id)))', part || '_seen', part);
  END LOOP;
END $$;
ALTER TABLE link ENABLE ROW LEVEL SECURITY;
ALTER TABLE link FORCE ROW LEVEL SECURITY;
CREATE POLICY link_seen ON link USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND EXISTS (SELECT FROM incident i WHERE i.id = incident_id)
      AND EXISTS (SELECT FROM incident i WHERE i.id = other_id))
);
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY delivery_seen ON delivery USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND (person_id::text = current_setting('linli.person', true)
           OR EXISTS (SELECT FROM incident i WHERE i.id = incident_id)))
);
ALTER TABLE delivery_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY delivery_attempt_seen ON delivery_attempt USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND EXISTS (SELECT FROM delivery d WHERE d.id = delivery_id))
);
-- A conflict of interest that names no incident holds for all, and whoever asks somebody must know of it.
ALTER TABLE conflict_of_interest ENABLE ROW LEVEL SECURITY;
ALTER TABLE conflict_of_interest FORCE ROW LEVEL SECURITY;
CREATE POLICY conflict_of_interest_seen ON conflict_of_interest USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND (incident_id IS NULL OR EXISTS (SELECT FROM incident i WHERE i.id = incident_id)))
);
-- No staff ever sees the codes that end an alarm: whether one was given under duress is not theirs to find out.
ALTER TABLE safe_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE safe_code FORCE ROW LEVEL SECURITY;
CREATE POLICY safe_code_seen ON safe_code USING ((SELECT linli_scope()) = 'system');
ALTER TABLE photo ENABLE ROW LEVEL SECURITY;
ALTER TABLE photo FORCE ROW LEVEL SECURITY;
CREATE POLICY photo_seen ON photo USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND EXISTS (SELECT FROM report r WHERE r.id = report_id))
);

-- INV-1, kept by the database at every commit: the owners of an incident tile its time from its opening on, the last
-- of them is open, and the incident names that one.
CREATE FUNCTION ownership_tiles() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  which uuid;
  held record;
BEGIN
  IF TG_TABLE_NAME = 'incident' THEN which := NEW.id;
  ELSIF TG_OP = 'DELETE' THEN which := OLD.incident_id;
  ELSE which := NEW.incident_id;
  END IF;
  SELECT i.opened_at, i.owner_org_id, i.owner_desk_id, i.owner_person_id INTO held FROM incident i WHERE i.id = which;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF NOT EXISTS (
    SELECT FROM ownership o WHERE o.incident_id = which AND upper_inf(o.during)
      AND o.org_id = held.owner_org_id AND o.desk_id IS NOT DISTINCT FROM held.owner_desk_id
      AND o.person_id IS NOT DISTINCT FROM held.owner_person_id
  ) THEN
    RAISE EXCEPTION 'incident % would be without its owner', which USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (
    SELECT FROM ownership o WHERE o.incident_id = which AND lower(o.during) <> held.opened_at
      AND NOT EXISTS (SELECT FROM ownership p WHERE p.incident_id = which AND upper(p.during) = lower(o.during))
  ) OR NOT EXISTS (SELECT FROM ownership o WHERE o.incident_id = which AND lower(o.during) = held.opened_at) THEN
    RAISE EXCEPTION 'incident % would have a gap between owners', which USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER incident_owned AFTER INSERT OR UPDATE OF owner_org_id, owner_desk_id, owner_person_id
  ON incident DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ownership_tiles();
CREATE CONSTRAINT TRIGGER ownership_tiled AFTER INSERT OR UPDATE OR DELETE
  ON ownership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ownership_tiles();

-- The top desk: whatever is outside every area, or finds nobody on duty, is owned here (R02, R03).
INSERT INTO organisation (id, kind, name, names, purpose, neutrality, resource_modes, methods, status, created_at)
VALUES ('00000000-0000-4000-8000-000000000001', 'government', 'Top desk', '{"en": "Top desk", "zh": "总值班室"}',
        'Answers for whatever no other body answers for', 'neutral', '{public_budget}', '{administrative}', 'active',
        now());
INSERT INTO desk (id, org_id, area_id, kind, name, names, always_staffed)
VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', NULL, 'buck_stops', 'Top desk',
        '{"en": "Top desk", "zh": "总值班席"}', true);
