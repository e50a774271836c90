-- The blobs whose key begins so, as key, body. KEYS: the hash of all blobs. ARGV: the beginning.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local found = {}
for _, key in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(key, 1, #ARGV[1]) == ARGV[1] then
    local blob = redis.call('HGET', KEYS[1], key)
    if struct.unpack('<d', blob) > now then
      found[#found + 1] = key
      found[#found + 1] = string.sub(blob, 9)
    end
  end
end
return found
