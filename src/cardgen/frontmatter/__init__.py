"""The Hub's metadata rules: the YAML header, `.eval_results/*.yaml`, and checking both offline.

Plain data in, text or problems out. Reads no files, opens no connections, knows no records.
"""
