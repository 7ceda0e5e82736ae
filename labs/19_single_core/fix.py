from app.parts.single_core import router
