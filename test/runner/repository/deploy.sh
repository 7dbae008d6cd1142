#!/bin/sh
# What was deployed, and with which credentials, for the test to look at.
printf '%s %s %s\n' "$1" "$CLIENT_ID" "$CLIENT_SECRET" >> "$DEPLOYED"
