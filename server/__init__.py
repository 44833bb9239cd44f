"""The running process. (The map is written when the parts stand.)"""
