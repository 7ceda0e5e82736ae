from app.parts.production import router
