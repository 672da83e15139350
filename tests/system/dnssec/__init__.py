"""A signed Internet for the lab: zones signed by real tools, most of them broken on purpose afterwards."""
