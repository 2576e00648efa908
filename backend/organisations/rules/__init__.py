"""Pure rules of bodies, people and rotas: no framework, no database, no clock."""
