from app.parts.blocked_loop import router
