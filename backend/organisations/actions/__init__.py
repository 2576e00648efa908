"""What is done to bodies, mandates, desks, people and rotas. Nothing here commits or sends."""
