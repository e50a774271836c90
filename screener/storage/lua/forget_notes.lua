-- Drop those of these notes that are of a caller. KEYS: notes. ARGV: the caller.
for _, key in ipairs(KEYS) do
  local note = redis.call('GET', key)
  if note then
    local length = struct.unpack('<H', note)
    if string.sub(note, 11, 10 + length) == ARGV[1] then
      redis.call('DEL', key)
    end
  end
end
return 1
